"use strict";
// The asynchronous calls on top of the vendor's Node.js package.
//
// The package's newer versions have a class `SlidesAsyncApi`; the registry's newest, 23.1, does not. Where it is missing,
// the class below makes the same calls through the package's own request code, so that its token handling, its repetition
// after a 401, its multipart bodies and its reading of answers and errors are what is tested.

const sdk = require("asposeslidescloud");
const requests = require("asposeslidescloud/internal/requestHelper");
const { Configuration } = require("asposeslidescloud/internal/configuration");

class AsyncCalls {
  constructor(clientId, clientSecret, baseUrl) {
    this.configuration = new Configuration(clientId, clientSecret, baseUrl);
  }

  async call(method, template, path, { query = {}, password, document, options, binary } = {}) {
    let uri = this.configuration.getApiBaseUrl() + template;
    for (const [name, value] of Object.entries(path)) {
      uri = requests.addPathParameterToUrl(uri, name, value);
    }
    const qs = {};
    for (const [name, value] of Object.entries(query)) {
      uri = requests.addQueryParameterToUrl(uri, qs, name, value);
    }
    const request = { method, qs, headers: {}, uri, json: options || true };
    if (binary) {
      request.encoding = null;
    }
    requests.addHeaderParameter(request.headers, "password", password);
    requests.checkMultipartContent(request, document ? [document] : []);
    const response = await requests.invokeApiMethod(request, this.configuration);
    return { body: response.body, response };
  }

  startConvert(document, format, password, storage, fontsFolder, slides, options) {
    const query = { storage, fontsFolder, slides };
    return this.call("POST", "/slides/async/convert/{format}", { format }, { query, password, document, options });
  }

  startConvertAndSave(document, format, outPath, password, storage, fontsFolder, slides, options) {
    const query = { outPath, storage, fontsFolder, slides };
    return this.call("PUT", "/slides/async/convert/{format}", { format }, { query, password, document, options });
  }

  startDownloadPresentation(name, format, options, password, folder, storage, fontsFolder, slides) {
    const query = { folder, storage, fontsFolder, slides };
    return this.call("POST", "/slides/async/{name}/{format}", { name, format }, { query, password, options });
  }

  getOperationStatus(id) {
    return this.call("GET", "/slides/async/{id}", { id });
  }

  getOperationResult(id) {
    return this.call("GET", "/slides/async/{id}/result", { id }, { binary: true });
  }
}

module.exports = { SlidesApi: sdk.SlidesApi, SlidesAsyncApi: sdk.SlidesAsyncApi || AsyncCalls };
