// The particle's page as a person meets it: maps and bars stay as drawn, a map tells its values.
// PARTICLE is the path of its report.html, CHROMIUM that of the browser.
import { test, before, after } from "node:test";
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

let browser;
before(async () => { browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] }); });
after(async () => { await browser.close(); });

async function open(width) {
  const page = await browser.newPage({ viewport: { width, height: 900 } });
  const faults = [], requests = [];
  page.on("pageerror", (e) => faults.push(String(e)));
  page.on("console", (m) => { if (m.type() === "error") faults.push(m.text()); });
  page.on("request", (r) => { if (!/^(file|data|blob):/.test(r.url())) requests.push(r.url()); });
  await page.goto("file://" + process.env.PARTICLE);
  await page.waitForFunction(() => window.litho && window.litho.plots.length > 0);
  return { page, faults, requests };
}

test("maps are there, readable on a narrow screen, without a fault and without the network", async () => {
  for (const width of [1200, 390]) {
    const { page, faults, requests } = await open(width);
    assert.ok((await page.locator(".plot.drawn svg image").count()) >= 12); // a map and its scale each
    assert.deepEqual(faults, []);
    assert.deepEqual(requests, []);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    const size = await page.evaluate(() => {
      const label = document.querySelector('.plot[data-figure="map-lithium"] svg text');
      return label.getBoundingClientRect().height;
    });
    assert.ok(size >= 11, `labels are ${size} px high at ${width}`);
    await page.close();
  }
});

test("pointing at a map tells radius, step and value, and it is the model's", async () => {
  const { page } = await open(1200);
  const plot = page.locator('.plot[data-figure="map-lithium"]');
  await plot.scrollIntoViewIfNeeded();
  const box = await plot.locator("svg").boundingBox();
  await page.mouse.move(box.x + box.width * 0.45, box.y + box.height * 0.3);
  const tip = plot.locator(".tip");
  await tip.waitFor({ state: "visible" });
  const text = await tip.textContent();
  const value = Number(/lithium extracted: ([\d.]+)/.exec(text)[1]);
  assert.match(text, /radius: [\d.]+ nm/);
  assert.ok(value > 0.4 && value < 1.1, text);
  const known = await page.evaluate((v) => {
    const model = JSON.parse(document.getElementById("report-data").textContent);
    const map = model.sections.flatMap((s) => s.figures).find((f) => f.id === "map-lithium").map;
    return map.z.some((z) => Math.abs(z - v) < 1e-4);
  }, value);
  assert.ok(known, text);
  await page.close();
});
