// Makes what the browser gets: fonts cut to what Vietnamese pages need, one stylesheet, one script, each also
// compressed. Called by build.rs as `node build.mjs SOURCE OUT`, in a folder where the packages are installed.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import subsetFont from "subset-font";

const [source, out] = process.argv.slice(2);
mkdirSync(out, { recursive: true });

const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => String.fromCodePoint(from + i)).join("");
const latin = range(0x20, 0x7e) + range(0xa0, 0xff) + "–—‘’“”„…•‹›€";
const vietnamese = "ĂăĐđĨĩŨũƠơƯư" + range(0x1ea0, 0x1ef9) + "₫" + range(0x300, 0x303) + "\u0306\u0309\u031b\u0323";
const digits = "0123456789.,:%+-/() " + "\u2212\u2013";

const kept = ["kern", "ccmp", "locl", "mark", "mkmk"];
const family = (weight, part, text, unicodes) => ({
  name: `be-vietnam-${weight}-${part}`, family: "Be Vietnam Pro", weight, text, unicodes, features: kept,
  file: `@fontsource/be-vietnam-pro/files/be-vietnam-pro-${part}-${weight}-normal.woff2`,
});
const basic = "U+20-7E,U+A0-FF,U+2013-2014,U+2018-201E,U+2022,U+2026,U+2039-203A,U+20AC";
const marked = "U+102-103,U+110-111,U+128-129,U+168-169,U+1A0-1A1,U+1AF-1B0,U+1EA0-1EF9,U+20AB,U+300-303,U+306,U+309,U+31B,U+323";
// Be Vietnam Pro has no figures of one width; tables, clocks and counters take Inter's.
const figures = (weight) => ({
  name: `figures-${weight}`, family: "Kb Digits", weight, text: digits, unicodes: "U+25,U+28-29,U+2B-3A,U+2212", features: ["tnum"],
  file: `@fontsource/inter/files/inter-latin-${weight}-normal.woff2`,
});
const fonts = [
  family(400, "latin", latin, basic), family(400, "vietnamese", vietnamese, marked),
  family(600, "latin", latin, basic), family(600, "vietnamese", vietnamese, marked),
  figures(400), figures(600),
];

let faces = "/* Be Vietnam Pro and Inter under the SIL Open Font License 1.1: see OFL-be-vietnam-pro.txt and OFL-inter.txt here. */\n";
for (const font of fonts) {
  const whole = readFileSync(join("node_modules", font.file));
  const cut = await subsetFont(whole, font.text, { targetFormat: "woff2", keepFeatures: font.features, noHinting: true });
  const name = `${font.name}.${createHash("sha256").update(cut).digest("hex").slice(0, 10)}.woff2`;
  writeFileSync(join(out, name), cut);
  faces += `@font-face{font-family:"${font.family}";font-weight:${font.weight};font-display:swap;src:url(${name}) format("woff2");unicode-range:${font.unicodes}}\n`;
}
for (const [name, from] of [["OFL-be-vietnam-pro.txt", "be-vietnam-pro"], ["OFL-inter.txt", "inter"]]) {
  writeFileSync(join(out, name), readFileSync(join("node_modules/@fontsource", from, "LICENSE")));
}

// Comments and line breaks go; strings stay as they are.
const css = readFileSync(join(source, "kb.css"), "utf8").replace(/\/\*[^]*?\*\//g, "").replace(/\n\s*/g, "").trim();
writeFileSync(join(out, "kb.css"), faces + css);
for (const name of ["app.js", "thread.js"]) {
  writeFileSync(join(out, name), readFileSync(join(source, name), "utf8").replace(/^\s*\/\/.*\n/gm, ""));
}

for (const name of ["kb.css", "app.js", "thread.js"]) {
  const bytes = readFileSync(join(out, name));
  writeFileSync(join(out, `${name}.gz`), gzipSync(bytes, { level: 9 }));
  writeFileSync(join(out, `${name}.br`), brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
}
