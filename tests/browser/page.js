"use strict";
// The page of the server, by the hands of somebody who has a presentation to convert.
//
// Environment: SLIDES_BASE_URL, SLIDES_CLIENT_ID, SLIDES_CLIENT_SECRET of a server that wants credentials and has one
// worker, SLIDES_OPEN_URL of one that wants none, SLIDES_DECKS (the folder of the decks), SLIDES_BROWSER (the program),
// SLIDES_BROWSER_FOLDER (for pictures of the page).

const assert = require("assert");
const fs = require("fs");
const os = require("os");
const path = require("path");
const { launch, open, screenshot, checkAccess, see, downloaded, run } = require("./browser");

const { SLIDES_BASE_URL: closed, SLIDES_OPEN_URL: free, SLIDES_CLIENT_ID: id, SLIDES_CLIENT_SECRET: secret, SLIDES_DECKS: decks } = process.env;
const deck = (name) => path.join(decks, name);
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "slides-browser-"));

async function signIn(page) {
  await page.goto(`${closed}/ui`);
  await page.waitForSelector("#sign-in:not([hidden])");
  await page.type("#client-id", id);
  await page.type("#client-secret", secret);
  await page.keyboard.press("Enter");
  await page.waitForSelector("#convert:not([hidden])");
}

async function choose(page, ...files) {
  const input = await page.$("#decks");
  await input.uploadFile(...files);
  await page.waitForFunction((count) => document.querySelectorAll("#chosen li").length >= count, {}, files.length);
}

// Opens the chooser of the focused field. The browser now and then takes a key before it tells of choosers: people
// press again, and so do we, as long as the focus is still there.
async function byKey(page, keys) {
  const field = await page.evaluate(() => document.activeElement.id);
  for (const key of keys) {
    const chooser = page.waitForFileChooser({ timeout: 3000 }).catch(() => null);
    await page.keyboard.press(key);
    const found = await chooser;
    if (found) return found;
    assert.strictEqual(await page.evaluate(() => document.activeElement.id), field, "the focus went away");
  }
  throw new Error(`no chooser opens for ${keys.join(", ")}`);
}

const press = (page, card, label) => page.$eval(card, (element, text) => {
  const button = [...element.querySelectorAll("button")].find((one) => one.innerText === text && one.checkVisibility());
  if (!button) throw new Error(`there is no button ${text} in ${element.innerText}`);
  button.click();
}, label);

const part = async (page, name) => {
  await page.click(`header nav a[href="#${name}"]`);
  await page.waitForSelector(`#${name}:not([hidden])`);
};

async function main() {
  const browser = await launch();
  // A page that fails its own test is closed all the same, and its faults are faults of the test.
  const on = (base, how, test) => async () => {
    const tab = await open(browser, base, how);
    try {
      await test(tab.page, tab.downloads);
      assert.deepStrictEqual(tab.faults, []);
    } catch (error) {
      await screenshot(tab.page, "failed").catch(() => {});
      throw error;
    } finally {
      await tab.close();
    }
  };
  const first = "#jobs .card:first-child";

  const tests = {
    "a wrong secret is told, the right one opens the page": on(closed, {}, async (page) => {
      await page.goto(closed);
      assert.strictEqual(page.url(), `${closed}/ui`);
      await page.waitForSelector("#sign-in:not([hidden])");
      await checkAccess(page, "sign in");
      await page.type("#client-id", id);
      await page.type("#client-secret", "wrong");
      await page.keyboard.press("Enter");
      await see(page, "#sign-in-error", /wrong/);
      await screenshot(page, "sign-in");
      await page.$eval("#client-secret", (input) => { input.value = ""; });
      await page.type("#client-secret", secret);
      await page.keyboard.press("Enter");
      await page.waitForSelector("#convert:not([hidden])");
      await see(page, "#who-name", new RegExp(id));
      // A reload of the tab asks again for nothing; another tab does.
      await page.reload();
      await page.waitForSelector("#convert:not([hidden])");
      await page.click("#sign-out");
      await page.waitForSelector("#sign-in:not([hidden])");
    }),
    "a deck becomes a PDF that can be saved": on(closed, {}, async (page, downloads) => {
      await signIn(page);
      await choose(page, deck("code-coverage.pptx"));
      await page.waitForSelector("#chosen .cover img");
      await screenshot(page, "chosen");
      await page.click("#convert-button");
      await see(page, `${first} .state`, /waiting|running|finished/);
      await see(page, `${first} .state`, /finished/);
      await see(page, `${first} h3`, /code-coverage\.pptx → PDF/);
      await page.waitForFunction((card) => document.querySelectorAll(`${card} .pictures img`).length === 8, {}, first);
      await press(page, first, "Download");
      const pdf = await downloaded(downloads, "code-coverage.pdf");
      assert.strictEqual(pdf.subarray(0, 5).toString("latin1"), "%PDF-");
      await page.$eval(`${first} .more summary`, (summary) => summary.click());
      for (const step of ["Created", "Enqueued", "Started", "Finished"]) await see(page, `${first} .timeline`, new RegExp(step));
      await checkAccess(page, "a finished conversion");
      await screenshot(page, "finished");
    }),
    "chosen slides and options are kept to": on(closed, {}, async (page, downloads) => {
      await signIn(page);
      await choose(page, deck("startup-pitch.pptx"));
      await page.type("#slides", "2-x");
      await page.click("#convert-button");
      await see(page, "#convert-error", /no slide/);
      await page.$eval("#slides", (input) => { input.value = "2"; });
      await page.select("#format", "png");
      await page.click("#more summary");
      await page.type("#option-width", "200");
      await page.click("#convert-button");
      await see(page, `${first} .state`, /finished/);
      await press(page, first, "Download");
      const png = await downloaded(downloads, "startup-pitch.png");
      assert.strictEqual(png.readUInt32BE(16), 200);
    }),
    "several decks at once, one of them broken": on(closed, {}, async (page) => {
      const broken = path.join(scratch, "broken.pptx");
      fs.writeFileSync(broken, "this is no presentation");
      await signIn(page);
      await choose(page, broken, deck("startup-pitch.pptx"));
      await page.click("#convert-button");
      await see(page, "#jobs", /startup-pitch.pptx → PDF\s+Finished/);
      await see(page, "#jobs .card[data-status=Failed]", /broken\.pptx → PDF/);
      await see(page, "#jobs .card[data-status=Failed] .wrong", /\w{4}/);
      await checkAccess(page, "a failed conversion");
      await screenshot(page, "failed-deck");
      await press(page, "#jobs .card[data-status=Failed]", "Try again");
      await see(page, "#live", /broken.*failed/);
      // Both tries are in the list of the server.
      await part(page, "operations");
      await page.select("#status", "Failed");
      await page.waitForFunction(() => document.querySelectorAll("#list .card").length === 2);
      assert.deepStrictEqual(await page.$$eval("#list .card", (all) => all.map((one) => one.dataset.status)), ["Failed", "Failed"]);
      await checkAccess(page, "operations");
      await screenshot(page, "operations-failed");
      await press(page, "#list .card:first-child", "Try again");
      await page.waitForFunction(() => document.querySelectorAll("#list .card").length === 3);
      await page.select("#status", "");
      await page.type("#find", "pitch pdf");
      await page.waitForFunction(() => document.querySelectorAll("#list .card").length === 1);
      await see(page, "#list .card", /startup-pitch/);
    }),
    "a deck with a password is opened at the second try": on(closed, {}, async (page) => {
      await signIn(page);
      await choose(page, deck("protected.pptx"));
      await page.click("#convert-button");
      await see(page, `${first} .wrong`, /password/);
      await page.type(`${first} input[type=password]`, "secret");
      await press(page, first, "Try again");
      await see(page, `${first} .state`, /finished/);
    }),
    "what waits and what runs can be canceled": on(closed, {}, async (page) => {
      await signIn(page);
      await choose(page, deck("code-coverage.pptx"), deck("code-coverage.pptx"), deck("code-coverage.pptx"));
      await page.select("#format", "tiff");
      await page.$eval("#more", (more) => { more.open = true; });
      await page.type("#option-dpiX", "300");
      await page.type("#option-dpiY", "300");
      await page.click("#convert-button");
      await page.waitForSelector("#jobs .card[data-status=Started]");
      await see(page, "#jobs .card[data-status=Started] .state", /of 15 slides/);
      await see(page, "#jobs", /queue/);
      await screenshot(page, "running");
      await press(page, "#jobs .card[data-status=Enqueued]", "Cancel");
      await page.waitForSelector("#jobs .card[data-status=Canceled]");
      await press(page, "#jobs .card[data-status=Started]", "Cancel");
      await page.waitForFunction(() => document.querySelectorAll("#jobs .card[data-status=Canceled]").length === 2);
      await page.waitForSelector("#jobs .card[data-status=Started]");
      await press(page, "#jobs .card[data-status=Started]", "Cancel");
      await page.waitForFunction(() => document.querySelectorAll("#jobs .card[data-status=Canceled]").length === 3);
      await press(page, "#jobs .card[data-status=Canceled]", "Try again");
      await page.waitForSelector("#jobs .card[data-status=Started]");
      await press(page, "#jobs .card[data-status=Started]", "Cancel");
      await page.waitForFunction(() => document.querySelectorAll("#jobs .card[data-status=Canceled]").length === 3);
    }),
    "files of the storage": on(closed, {}, async (page, downloads) => {
      await signIn(page);
      await part(page, "files");
      await page.type("#folder-name", "Größe 100% #1");
      await page.keyboard.press("Enter");
      await see(page, "#entries", /Größe 100% #1/);
      await page.click("#entries button.link");
      await see(page, "#path", /Größe/);
      await see(page, "#files-empty", /empty/);
      await (await page.$("#upload")).uploadFile(deck("startup-pitch.pptx"));
      await see(page, "#entries", /startup-pitch\.pptx/);
      await checkAccess(page, "files");
      await screenshot(page, "files");
      await press(page, "#entries tr", "Download");
      const saved = await downloaded(downloads, "startup-pitch.pptx");
      assert.ok(saved.equals(fs.readFileSync(deck("startup-pitch.pptx"))));
      await press(page, "#entries tr", "Convert");
      await page.waitForSelector("#convert:not([hidden])");
      await page.click("#convert-button");
      await see(page, `${first} .state`, /finished/);
      await part(page, "files");
      await press(page, "#entries tr", "Delete");
      await page.waitForSelector("#sure[open]");
      await page.keyboard.press("Escape");
      await see(page, "#entries", /startup-pitch/);
      await press(page, "#entries tr", "Delete");
      await page.waitForSelector("#sure[open]");
      await page.click("#sure button[value=yes]");
      await see(page, "#files-empty", /empty/);
    }),
    "the server at a glance": on(closed, {}, async (page) => {
      await signIn(page);
      await see(page, "#glance", /ready, \d+ running, \d+ waiting/);
      await part(page, "server");
      await see(page, "#readiness", /ready for work/);
      await see(page, "#figures", /running\s+\d+ of 1 at a time/);
      await checkAccess(page, "server");
      await screenshot(page, "server");
    }),
    "by the keyboard alone": on(free, {}, async (page, downloads) => {
      await page.goto(`${free}/ui`);
      await page.waitForSelector("#convert:not([hidden])");
      const tabTo = async (what) => {
        for (let step = 0; step < 40; step += 1) {
          await page.keyboard.press("Tab");
          const at = await page.evaluate(() => document.activeElement.id || document.activeElement.innerText);
          if (at === what) return;
        }
        throw new Error(`the focus never comes to ${what}`);
      };
      await page.keyboard.press("Tab");
      assert.strictEqual(await page.evaluate(() => document.activeElement.className), "skip");
      await tabTo("decks");
      const chooser = await byKey(page, ["Enter", "Space", "Enter"]);
      await chooser.accept([deck("startup-pitch.pptx")]);
      await page.waitForSelector("#chosen li");
      await tabTo("format");
      await page.keyboard.type("mark");
      assert.strictEqual(await page.$eval("#format", (select) => select.value), "md");
      await tabTo("convert-button");
      await page.keyboard.press("Enter");
      await see(page, `${first} .state`, /finished/);
      await see(page, "#live", /startup-pitch.*finished/);
      await tabTo("Download");
      await page.keyboard.press("Enter");
      assert.match((await downloaded(downloads, "startup-pitch.md")).toString("utf8"), /Renderly/);
    }),
    "on a phone, in the dark": on(free, { phone: true, dark: true }, async (page) => {
      await page.goto(`${free}/ui`);
      await page.waitForSelector("#convert:not([hidden])");
      await choose(page, deck("startup-pitch.pptx"));
      await page.select("#format", "svg");
      await page.click("#convert-button");
      await see(page, `${first} .state`, /finished/);
      await page.waitForSelector(`${first} .pictures img`);
      for (const name of ["convert", "operations", "files", "server"]) {
        await part(page, name);
        await page.waitForNetworkIdle({ idleTime: 300, concurrency: 1 }).catch(() => {});
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(width <= 360, `${name} is ${width} pixels wide`);
        await checkAccess(page, `${name} in the dark`);
        await screenshot(page, `phone-dark-${name}`);
      }
    }),
    "a server that goes away is told": on(free, {}, async (page) => {
      await page.goto(`${free}/ui`);
      await page.waitForSelector("#convert:not([hidden])");
      await page.setOfflineMode(true);
      await see(page, "#trouble", /does not answer/);
      await page.setOfflineMode(false);
      await page.waitForSelector("#trouble[hidden]", { timeout: 15000 });
    }),
  };
  // Of which the browser itself speaks.
  const wanted = process.argv.slice(2);
  const chosen = Object.fromEntries(Object.entries(tests).filter(([name]) => !wanted.length || wanted.some((text) => name.includes(text))));
  const failed = await run(chosen);
  await browser.close();
  fs.rmSync(scratch, { recursive: true });
  process.exit(failed ? 1 : 0);
}

main();
