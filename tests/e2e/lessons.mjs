// The lessons as their files have them.
import { readdirSync } from "node:fs";
import { join } from "node:path";

import { cli, ROOT } from "./helpers.mjs";

/** Names of all of them, in their order. */
export function allLessons() {
  const files = readdirSync(join(ROOT, "scenarios")).filter((name) => name.endsWith(".toml"));
  return files.map((name) => name.replace(".toml", "")).sort();
}

/** The strings of an array of a scenario file, whichever quotes they have. */
export function strings(text, name) {
  const from = text.search(new RegExp(`^${name} = \\[`, "m"));
  if (from < 0) return [];
  const found = [];
  const token = /"([^"]*)"|'([^']*)'|#.*|\]|[\s,]+/y;
  token.lastIndex = text.indexOf("[", from) + 1;
  for (let it = token.exec(text); it && it[0] !== "]"; it = token.exec(text)) {
    if (it[1] ?? it[2]) found.push(it[1] ?? it[2]);
  }
  return found;
}

/** Variants below a name in a scenario file: key, label, what they set, and whether they add text as well. */
export function variants(text, below) {
  return text
    .split(/^(?=\[)/m)
    .filter((block) => block.startsWith(`[lesson.${below}.`))
    .map((block) => ({
      key: block.match(/^\[([\w.]+)\]/)[1].slice(`lesson.${below}.`.length),
      label: block.match(/^label = "(.*)"$/m)?.[1],
      right: /^right = true/m.test(block),
      adds: /^(add|remove) = /m.test(block),
      set: strings(block, "set").map((line) => [line.slice(0, line.indexOf(" = ")), line.slice(line.indexOf(" = ") + 3)]),
    }))
    .filter(({ key }) => !key.includes("."));
}

/** What follows the address of the page to open a lesson with one of its variants in place, as the command line makes it. */
export function linkTo(id, variant) {
  const sets = variant.set.flatMap(([path, value]) => ["--set", `${path}=${value}`]);
  const link = cli("share", join(ROOT, "scenarios", `${id}.toml`), ...sets).split("\n").find((line) => line.includes("#v1."));
  return link.slice(link.indexOf("#"));
}
