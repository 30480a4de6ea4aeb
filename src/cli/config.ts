/** `config show`: every setting in force with its origin, passwords masked. */
import type { Command } from "commander";
import type { ShownValue } from "../config-values.js";
import type { CommandContext } from "./context.js";

export function registerConfig(program: Command, context: CommandContext): void {
  const config = program.command("config").description("look at the configuration");
  config
    .command("show")
    .description("print every setting in force and where it comes from; passwords are masked")
    .action(() => showConfig(context));
}

function showConfig(context: CommandContext): void {
  const { settings, configFile } = context.loadConfig();
  const { output } = context;
  if (output.isJson) {
    output.json({ settings });
    return;
  }
  const columns = [{ title: "SETTING" }, { title: "VALUE" }, { title: "ORIGIN" }];
  output.table(
    columns,
    settings.map(({ key, value, origin }) => [key, showValue(value), origin]),
  );
  output.note(configFile === null ? "No config file was found." : `Config file: ${configFile}`);
}

function showValue(value: ShownValue): string {
  if (value === null) return "(none)";
  return typeof value === "object" ? value.join(", ") : String(value);
}
