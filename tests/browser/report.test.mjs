// The report as a person meets it. REPORT is the path of a report.html, CHROMIUM that of the browser.
import { test, before, after } from "node:test";
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const address = "file://" + process.env.REPORT;
let browser;
before(async () => { browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] }); });
after(async () => { await browser.close(); });

async function open(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options });
  const page = await context.newPage();
  const faults = [], requests = [];
  page.on("pageerror", (e) => faults.push(String(e)));
  page.on("console", (m) => { if (m.type() === "error") faults.push(m.text()); });
  page.on("request", (r) => { if (!r.url().startsWith("file:") && !r.url().startsWith("data:") && !r.url().startsWith("blob:")) requests.push(r.url()); });
  await page.goto(address);
  await page.waitForFunction(() => window.litho && window.litho.plots.length > 0);
  return { page, context, faults, requests };
}

const centre = async (page, id) => {
  const over = page.locator(`.plot[data-figure="${id}"] .u-over`);
  await over.scrollIntoViewIfNeeded();
  return over.boundingBox();
};

test("every figure comes alive, without a fault and without the network", async () => {
  const { page, context, faults, requests } = await open();
  const figures = await page.locator("figure").count();
  assert.ok(figures >= 5);
  assert.equal(await page.locator(".plot.live canvas").count(), figures);
  assert.deepEqual(faults, []);
  assert.deepEqual(requests, []);
  await context.close();
});

test("pointing at a point shows its value, its interval and its reason", async () => {
  const { page, context } = await open();
  await centre(page, "diffusion");
  const at = await page.evaluate(() => {
    const model = JSON.parse(document.getElementById("report-data").textContent);
    const figures = model.sections.flatMap((s) => s.figures);
    const k = figures.findIndex((f) => f.id === "diffusion");
    const s = figures[k].series.find((q) => q.notes.length), u = window.litho.plots[k], i = Math.floor(s.x.length / 2);
    const box = u.over.getBoundingClientRect();
    return { x: box.left + u.valToPos(s.x[i], "x"), y: box.top + u.valToPos(s.y[i], "y"), y_value: s.y[i] };
  });
  await page.mouse.move(at.x, at.y);
  const tip = page.locator('.plot[data-figure="diffusion"] .tip');
  await tip.waitFor({ state: "visible" });
  const text = await tip.textContent();
  assert.match(text, /95 %/);
  assert.match(text, /Pulse \d+/);
  assert.ok(text.includes(String(Number(at.y_value.toPrecision(6)))), text);
  await context.close();
});

test("dragging zooms and a double click shows all again", async () => {
  const { page, context } = await open();
  const box = await centre(page, "profile");
  const range = () => page.evaluate(() => { const k = [...document.querySelectorAll(".plot[data-figure]")].findIndex((p) => p.dataset.figure === "profile"); const x = window.litho.plots[k].scales.x; return x.max - x.min; });
  const whole = await range();
  await page.mouse.move(box.x + box.width * 0.3, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.5, box.y + box.height / 2, { steps: 5 });
  await page.mouse.up();
  assert.ok((await range()) < 0.3 * whole);
  await page.mouse.dblclick(box.x + box.width * 0.5, box.y + box.height / 2);
  assert.ok(Math.abs((await range()) - whole) < 1e-6 * whole);
  await context.close();
});

test("light and dark follow the reader's system", async () => {
  for (const [colorScheme, dark] of [["light", false], ["dark", true]]) {
    const { page, context } = await open({ colorScheme });
    const [r, g, b] = (await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).match(/\d+/g).map(Number);
    assert.equal(r + g + b < 200, dark);
    await context.close();
  }
});

test("nothing is wider than the window, on a telephone and on a wall", async () => {
  for (const width of [375, 1024, 1920]) {
    const { page, context } = await open({ viewport: { width, height: 800 } });
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `width ${width}`);
    await context.close();
  }
});

test("on paper the figures are vectors on white, also from a dark screen", async () => {
  const { page, context } = await open({ colorScheme: "dark" });
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(255, 255, 255)");
  assert.ok(await page.locator("figure svg.figure").first().isVisible());
  assert.equal(await page.locator(".plot.live .uplot").first().isVisible(), false);
  const pdf = await page.pdf();
  assert.ok(pdf.length > 20000);
  await context.close();
});

test("without scripts the page is complete", async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(address);
  assert.ok(await page.locator("figure .plot > svg").first().isVisible());
  assert.ok((await page.locator("tbody tr").count()) > 10);
  await context.close();
});

test("words stand out from the paper in both schemes", async () => {
  const luminance = ([r, g, b]) => [r, g, b].map((v) => { const c = v / 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; }).reduce((s, c, i) => s + c * [0.2126, 0.7152, 0.0722][i], 0);
  for (const colorScheme of ["light", "dark"]) {
    const { page, context } = await open({ colorScheme });
    const colours = await page.evaluate(() => ["body", ".asked", "figcaption", ".warnings li"].map((s) => document.querySelector(s)).filter(Boolean).map((e) => [getComputedStyle(e).color, getComputedStyle(document.body).backgroundColor]));
    for (const [ink, paper] of colours) {
      const [a, b] = [ink, paper].map((c) => luminance(c.match(/[\d.]+/g).slice(0, 3).map(Number))).sort((x, y) => y - x);
      assert.ok((a + 0.05) / (b + 0.05) >= 4.5, `${ink} on ${paper} in ${colorScheme}`);
    }
    await context.close();
  }
});
