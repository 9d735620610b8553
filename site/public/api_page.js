/** The page about the API: reads the OpenAPI document of a backend and shows it to people. */

import { configuredBackends } from "./api.js";
import { byId, find, html, setText } from "./dom.js";

const AGAIN_MS = 3_000;
const SHOWN_METHODS = ["get", "post"]; // HEAD is served wherever GET is, OPTIONS everywhere

/** @param {string} method @param {string} path @param {OpenApiOperation} operation */
function operationSection(method, path, { summary, responses }) {
  const template = /** @type {HTMLTemplateElement} */ (byId("operation"));
  const section = /** @type {HTMLElement} */ (find(template.content, "section").cloneNode(true));
  setText(find(section, ".method"), method.toUpperCase());
  setText(find(section, ".path"), path);
  setText(find(section, ".summary"), summary);
  for (const [status, { description }] of Object.entries(responses)) {
    find(section, "tbody").append(html("tr", "", html("td", "", status), html("td", "", description)));
  }
  return section;
}

/** Show the document of the first backend that answers. @param {Backend[]} backends */
async function showDocument(backends) {
  for (const { url } of backends) {
    const response = await fetch(`${url}/openapi.json`, { credentials: "omit" }).catch(() => null);
    if (!response?.ok) continue;
    const { paths } = /** @type {OpenApi} */ (await response.json());
    const sections = Object.entries(paths).flatMap(([path, operations]) =>
      SHOWN_METHODS.filter((method) => method in operations).map((method) =>
        operationSection(method, path, operations[method]),
      ),
    );
    byId("operations").replaceChildren(...sections);
    return true;
  }
  return false;
}

/** Return whether everything is shown. */
async function show() {
  const backends = await configuredBackends().catch(() => []);
  for (const { name, url } of backends) {
    const address = document.querySelector(`[data-address="${CSS.escape(name)}"]`);
    if (address) setText(address, url);
  }
  if (backends.length) {
    setText(byId("example"), `curl -X POST ${backends[0].url}/next`);
    /** @type {HTMLAnchorElement} */ (byId("document")).href = `${backends[0].url}/openapi.json`;
  }
  return showDocument(backends);
}

while (!(await show())) {
  byId("failed").hidden = false;
  byId("status").hidden = true;
  await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
}
