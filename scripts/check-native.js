/**
 * Checks that the native parts load: better-sqlite3 (the database) and argon2 (keys). Exit 0 when they do; else says
 * exactly what to install and exits 1.
 *
 * Callers start it as a process of its own: a binary for another Node can end the process that loads it.
 */
const findings = [];

try {
  const { default: Database } = await import("better-sqlite3");
  const database = new Database(":memory:");
  database.prepare("select 1").get();
  database.close();
} catch (error) {
  findings.push(["better-sqlite3", error]);
}

try {
  await import("argon2");
} catch (error) {
  findings.push(["argon2", error]);
}

for (const [name, error] of findings) {
  const [reason] = String(error?.message ?? error).split("\n");
  process.stderr.write(`error: ${name} does not load: ${reason}\n`);
}
if (findings.length > 0) {
  process.stderr.write(`hint:  it has to be built for Node.js ${process.versions.node} on ${process.platform} ${process.arch}:
         Debian, Ubuntu:  apt-get install python3 make g++
         Fedora:          dnf install python3 make gcc-c++
         Alpine:          apk add python3 make g++
         macOS:           xcode-select --install
       and then:          npm rebuild better-sqlite3 argon2
       The headers of Node.js come with the distributions of nodejs.org; with another one, install its package of
       headers (Fedora: nodejs-devel; Alpine: nodejs-dev; older Debian: libnode-dev) or let npm download them.
`);
  process.exitCode = 1;
}
