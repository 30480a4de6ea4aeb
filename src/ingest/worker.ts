/** Entry of the worker thread: a `Work` on a store of its own, spoken to by messages (`worker-client.ts`). */
import { parentPort, workerData } from "node:worker_threads";
import { openStore } from "../store/open.js";
import { Work, type WorkLogger } from "./work.js";
import type { FromWorker, ToWorker, WorkerSettings } from "./worker-messages.js";

const port = parentPort!;
const settings = workerData as WorkerSettings;

const say = (message: FromWorker) => port.postMessage(message);

const line = (level: keyof WorkLogger) => (fields: object, message: string) =>
  say({ type: "log", level, fields, message });
const logger: WorkLogger = { info: line("info"), warn: line("warn"), error: line("error") };
const store = await openStore({ url: settings.databaseUrl, migrate: false });
const work = new Work({
  store,
  owner: settings.owner,
  scratchFolder: settings.scratchFolder,
  logger,
  onResult: (result) => say({ type: "result", result }),
});

port.on("message", (message: ToWorker) => {
  switch (message.type) {
    case "deliver":
      void work.deliver(message.delivery, message.bytes);
      break;
    case "keys-used":
      store.noteKeyUse(message.ids).catch(() => logger.warn({}, "the last use of keys could not be noted"));
      break;
    case "poke":
      work.poke();
      break;
    case "stop":
      void work
        .stop()
        .then(() => store.close())
        .then(() => say({ type: "stopped" }))
        .then(() => port.close());
      break;
  }
});

await work.start();
say({ type: "ready" });
