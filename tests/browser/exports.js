"use strict";
// SVG and HTML as a real browser draws them, beside the PNG of the same slide.
//
// Environment as of page.js; the server is the open one. Of each slide the part of two pictures that is alike is the
// mean over all pixels and colours, 1 where nothing differs. It is taken of the pictures at a quarter of their size:
// how the edges of letters are smoothed is the browser's own choice, where they stand is not.

const assert = require("assert");
const fs = require("fs");
const path = require("path");
const { PNG } = require("pngjs");
const { launch, run } = require("./browser");

const { SLIDES_OPEN_URL: base, SLIDES_DECKS: decks, SLIDES_BROWSER_FOLDER: folder } = process.env;
const DECKS = ["startup-pitch.pptx", "features/fills-effects.pptx", "features/text.pptx"];
// The letters of an SVG are those of the picture where it brings them along.
const OPTIONS = { png: { width: 960 }, svg: { externalFontsHandling: "Embed" } };
const ALIKE = 0.95;

async function convert(deck, format, slide) {
  const body = new FormData();
  const options = { format, ...OPTIONS[format] };
  body.append("options", new Blob([JSON.stringify(options)], { type: "application/json" }));
  body.append("document", new Blob([fs.readFileSync(path.join(decks, deck))]), path.basename(deck));
  const answer = await fetch(`${base}/v3.0/slides/convert/${format}?slides=${slide}`, { method: "POST", body });
  assert.strictEqual(answer.status, 200, await answer.clone().text());
  return Buffer.from(await answer.arrayBuffer());
}

// Blocks of four by four pixels as one, over white.
function small(png) {
  const [width, height] = [png.width >> 2, png.height >> 2];
  const out = new Float64Array(width * height * 3);
  for (let y = 0; y < height * 4; y += 1) {
    for (let x = 0; x < width * 4; x += 1) {
      const from = (y * png.width + x) * 4;
      const to = ((y >> 2) * width + (x >> 2)) * 3;
      const alpha = png.data[from + 3] / 255;
      for (let c = 0; c < 3; c += 1) out[to + c] += (png.data[from + c] * alpha + 255 * (1 - alpha)) / 16;
    }
  }
  return out;
}

// Of what is not plain ground in both: a white page would be alike to nearly anything.
function score(one, other) {
  assert.deepStrictEqual([one.width, one.height], [other.width, other.height], "the sizes differ");
  const [a, b] = [small(one), small(other)];
  const ground = a.slice(0, 3);
  let [sum, count] = [0, 0];
  for (let at = 0; at < a.length; at += 3) {
    const far = (list) => [0, 1, 2].some((c) => Math.abs(list[at + c] - ground[c]) > 4);
    if (!far(a) && !far(b)) continue;
    for (let c = 0; c < 3; c += 1) sum += Math.abs(a[at + c] - b[at + c]) / 255;
    count += 3;
  }
  return count ? 1 - sum / count : 1;
}

async function shot(page, name) {
  const bytes = await page.screenshot({ path: path.join(folder, `${name}.png`) });
  return PNG.sync.read(Buffer.from(bytes));
}

async function asSvg(page, svg, size) {
  const text = svg.toString("utf8");
  await page.setContent(`<!doctype html><style>body{margin:0}svg{display:block;width:${size.width}px;height:${size.height}px}</style>${text.slice(text.indexOf("<svg"))}`);
}

// The page of the deck, its first slide at the size of the picture.
async function asHtml(page, html, size) {
  await page.setContent(html.toString("utf8"));
  await page.evaluate(({ width, height }) => {
    const svg = document.querySelector("section svg");
    svg.style.cssText = `position:fixed;z-index:9;left:0;top:0;width:${width}px;height:${height}px`;
  }, size);
}

async function main() {
  const browser = await launch();
  const tests = {};
  for (const deck of DECKS) {
    for (const [format, show] of [["svg", asSvg], ["html", asHtml]]) {
      tests[`${deck} as ${format}`] = async () => {
        const [wanted, text] = await Promise.all([convert(deck, "png", 1), convert(deck, format, 1)]);
        const png = PNG.sync.read(wanted);
        const page = await browser.newPage();
        await page.setViewport({ width: png.width, height: png.height });
        await show(page, text, png);
        await page.evaluate(() => document.fonts.ready);
        const name = `${path.basename(deck, ".pptx")}-${format}`;
        fs.writeFileSync(path.join(folder, `${path.basename(deck, ".pptx")}-png.png`), wanted);
        const got = score(png, await shot(page, name));
        console.log(`      ${name}: ${got.toFixed(4)}`);
        assert.ok(got >= ALIKE, `${name} is alike to ${got.toFixed(4)}, less than ${ALIKE}`);
        // The score can fail: a page without its slide is another one.
        await page.evaluate(() => document.querySelector("svg").remove());
        const empty = score(png, await shot(page, `${name}-empty`));
        assert.ok(empty < ALIKE, `an empty page is alike to ${empty.toFixed(4)}`);
        await page.close();
      };
    }
  }
  const failed = await run(tests);
  await browser.close();
  process.exit(failed ? 1 : 0);
}

main();
