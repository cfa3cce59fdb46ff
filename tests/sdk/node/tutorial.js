"use strict";
// The vendor's tutorial with its Node.js SDK, against another address.
//
// Only the base URL and the credentials differ from the published example. Arguments: a presentation. Environment:
// SLIDES_BASE_URL, SLIDES_CLIENT_ID, SLIDES_CLIENT_SECRET.

const assert = require("assert");
const fs = require("fs");
const { SlidesApi, SlidesAsyncApi } = require("./async_api");

const deck = process.argv[2];
const { SLIDES_BASE_URL: base, SLIDES_CLIENT_ID: id, SLIDES_CLIENT_SECRET: secret } = process.env;
const folder = "SdkTests";
const final = ["Finished", "Failed", "Canceled"];
const slides = new SlidesApi(id, secret, base);
const background = new SlidesAsyncApi(id, secret, base);

async function wait(operationId) {
  const seen = [];
  for (let poll = 0; poll < 240; poll++) {
    const operation = (await background.getOperationStatus(operationId)).body;
    if (!seen.includes(operation.status)) {
      seen.push(operation.status);
    }
    if (final.includes(operation.status)) {
      return operation;
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error(`operation ${operationId} did not end: ${seen}`);
}

function assertPdf(content) {
  assert.ok(Buffer.isBuffer(content), "the result is not binary");
  assert.strictEqual(content.subarray(0, 5).toString("latin1"), "%PDF-");
  assert.ok(content.subarray(-64).includes("%%EOF"));
  assert.ok(content.length > 1000);
}

function finished(operation, method) {
  assert.strictEqual(operation.status, "Finished", JSON.stringify(operation));
  assert.strictEqual(operation.method, method);
  assert.strictEqual(operation.error, undefined);
  assert.ok(Date.parse(operation.finished) >= Date.parse(operation.created));
}

const tests = {
  async "convert"() {
    const start = await background.startConvert(fs.createReadStream(deck), "pdf");
    assert.strictEqual(start.response.statusCode, 201);
    assert.match(start.body, /^[0-9A-Za-z-]{8,64}$/);
    finished(await wait(start.body), "Convert");
    assertPdf((await background.getOperationResult(start.body)).body);
  },
  async "convert with options and chosen slides"() {
    const options = { format: "pdf", jpegQuality: 70 };
    const start = await background.startConvert(
      fs.createReadStream(deck), "pdf", undefined, undefined, undefined, [1], options);
    finished(await wait(start.body), "Convert");
    assertPdf((await background.getOperationResult(start.body)).body);
  },
  async "convert into the storage"() {
    const target = `${folder}/converted-node.pdf`;
    await slides.deleteFile(target);
    const start = await background.startConvertAndSave(fs.createReadStream(deck), "pdf", target);
    finished(await wait(start.body), "ConvertAndSave");
    assert.strictEqual((await slides.objectExists(target)).body.exists, true);
    assertPdf((await slides.downloadFile(target)).body);
  },
  async "presentation of the storage"() {
    const uploaded = await slides.uploadFile(`${folder}/deck-node.pptx`, fs.createReadStream(deck));
    assert.deepStrictEqual(uploaded.body.uploaded, ["deck-node.pptx"]);
    const list = await slides.getFilesList(folder);
    assert.ok(list.body.value.some((entry) => entry.name === "deck-node.pptx" && entry.isFolder === false));
    const start = await background.startDownloadPresentation(
      "deck-node.pptx", "pdf", undefined, undefined, folder);
    finished(await wait(start.body), "DownloadPresentation");
    assertPdf((await background.getOperationResult(start.body)).body);
  },
  async "presentation that does not exist"() {
    const start = await background.startDownloadPresentation("Nothing.pptx", "pdf", undefined, undefined, folder);
    const operation = await wait(start.body);
    assert.strictEqual(operation.status, "Failed");
    assert.strictEqual(operation.error.httpStatusCode, 404);
    assert.ok(operation.error.message);
  },
  async "unknown operation"() {
    await assert.rejects(background.getOperationStatus("96b0a57c-d9ae-453f-b56f-3b154eb10cda"), (error) => {
      assert.strictEqual(error.code, 404);
      assert.match(error.message, /Operation does not exist/);
      return true;
    });
  },
  async "wrong credentials"() {
    await assert.rejects(new SlidesApi(id, "wrong", base).getApiInfo(), { code: 401 });
  },
  async "stale token is replaced"() {
    const stale = new SlidesApi(id, secret, base);
    stale._configuration.accessToken = "stale";
    const info = await stale.getApiInfo();
    assert.ok(info.body.name && info.body.version);
    assert.notStrictEqual(stale._configuration.accessToken, "stale");
  },
};

(async () => {
  let failed = 0;
  for (const [name, test] of Object.entries(tests)) {
    try {
      await test();
      console.log(`ok    ${name}`);
    } catch (error) {
      failed += 1;
      console.log(`FAIL  ${name}: ${error.stack || JSON.stringify(error)}`);
    }
  }
  console.log(`${Object.keys(tests).length - failed} passed, ${failed} failed`);
  process.exit(failed ? 1 : 0);
})();
