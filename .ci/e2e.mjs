// Runs the tests of the page, two files at a time. A test that failed is run once more, alone: a machine
// that others use can stand still for longer than a test waits. What passes only then is named as such,
// so that it is looked into; what fails twice has failed. Counts each test once.
//
//   node .ci/e2e.mjs FILE...
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { relative, resolve } from "node:path";

/** Runs the files, of their tests only those of these names if there are any; what failed, and what Node.js counted. */
async function once(files, concurrency, only = []) {
  const counted = { pass: 0, fail: 0, cancelled: 0 };
  const failed = new Set();
  const names = [];
  async function* watched(events) {
    for await (const event of events) {
      const [, what, number] = /^(pass|fail|cancelled) (\d+)$/.exec(event.data?.message ?? "") ?? [];
      if (event.type === "test:diagnostic" && what) {
        // Said once, at the end, in the same form.
        counted[what] = Number(number);
        continue;
      }
      if (event.type === "test:fail" && event.data.details?.type !== "suite") {
        failed.add(resolve(event.data.file ?? event.data.name));
        names.push(event.data.name);
      }
      yield event;
    }
  }
  const options = only.length > 0 ? { testNamePatterns: only.map(exactly) } : {};
  for await (const words of run({ files, concurrency, ...options }).compose(watched).compose(new spec())) {
    process.stdout.write(words);
  }
  return { passed: counted.pass, failed: counted.fail + counted.cancelled, files: [...failed], names };
}

const exactly = (name) => new RegExp(`^${name.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`);

const files = process.argv.slice(2).map((file) => resolve(file));
const first = await once(files, 2);
let { passed, failed } = first;
if (failed > 0) {
  const again = first.files.filter((file) => files.includes(file));
  // A file that broke before its first test has no test of this name: all of it.
  const isWhole = first.names.some((name) => files.includes(resolve(name)));
  console.log(`\nonce more, alone: ${again.map((file) => relative(".", file)).join(", ") || "nothing that is a file"}\n`);
  if (again.length > 0) {
    const second = await once(again, 1, isWhole ? [] : first.names);
    const stay = new Set(second.names);
    for (const name of first.names.filter((name) => !stay.has(name))) console.log(`passed only when run again: ${name}`);
    // What was not run did not pass.
    const still = Math.max(second.failed, isWhole ? 0 : failed - second.passed);
    passed += Math.max(0, failed - still);
    failed = still;
  }
}
console.log(`\nℹ pass ${passed}\nℹ fail ${failed}`);
process.exit(failed === 0 ? 0 : 1);
