// Opens the pages of the built site in Chromium, and writes what it sees to stdout, as JSON:
//
//     node browser.mjs SITE [PAGE...]
//
// SITE is the folder. Without PAGEs it opens every page, and tries the search and the switch of
// the theme, too. It only looks; tests/site/test_site.py says what there should be to see.

import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { chromium } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const AT_ONCE = 3; // pages; more are no faster on two cores
const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 360, height: 740 };
const PAPER = { width: 718, height: 1047 }; // A4, less a margin of a centimetre
const ARGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run "
  + "--disable-background-networking --disable-component-update --disable-sync";

// In a page: these functions are sent there, so each stands by itself ----------------------------

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}

async function findViolations(options) {
  // Without preload: it reads the style sheets once more, which a page from a file may not.
  const settings = { preload: false, resultTypes: ["violations"], ...options };
  const { violations } = await window.axe.run(settings);
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => (
    { rule: id, target: target.flat().join(" "), summary: failureSummary })));
}

/** What can be pushed sideways, apart from the boxes that are made for it. */
function findTooWide() {
  const mayScroll = "pre, .math, .pst-scrollable-table-container, .player-scroll";
  const article = document.querySelector("article");
  const around = [];
  for (let box = article; box; box = box.parentElement) around.push(box);
  const boxes = [...around, ...(article?.querySelectorAll("*") ?? [document.documentElement])];
  const ways = ["auto", "scroll", "hidden"];
  return boxes.filter((box) => {
    const isPage = box === document.documentElement;
    const scrolls = isPage || ways.includes(getComputedStyle(box).overflowX);
    return scrolls && !box.matches(mayScroll) && box.clientWidth > 0
      && box.scrollWidth > box.clientWidth + (isPage ? 0 : 1);
  }).map((box) => {
    const { right } = box.getBoundingClientRect();
    const wide = [...box.querySelectorAll("*")].find((inner) =>
      inner.getBoundingClientRect().right > right + 1 && !inner.closest(mayScroll));
    return `${box.tagName.toLowerCase()}.${box.className}: ${box.scrollWidth} px in `
      + `${box.clientWidth}, by ${wide?.outerHTML.slice(0, 80)}`;
  });
}

/** Keeps the texts of the article that are seen now, and hints, for findLostTexts. */
function keepTexts() {
  window.isTextSeen = (text) => {
    const range = document.createRange();
    range.selectNodeContents(text);
    return text.parentElement.checkVisibility({ visibilityProperty: true })
      && [...range.getClientRects()].some(({ width, height }) => width * height > 0);
  };
  window.keptTexts = [];
  const article = document.querySelector("article");
  if (!article) return; // the page of the search
  const walker = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode;
    // On paper a player's picture stands in the place of its stage.
    const isOnStage = text.parentElement.closest(".player-stage");
    const isHint = text.parentElement.closest("details.hint"); // folded, and unfolded on paper
    const isWanted = isHint || (window.isTextSeen(text) && !isOnStage);
    if (text.data.trim() && isWanted) window.keptTexts.push(text);
  }
}

function findLostTexts() {
  return window.keptTexts.filter((text) => !window.isTextSeen(text))
    .map((text) => `${text.parentElement.tagName.toLowerCase()}: ${text.data.trim()}`);
}

/** Solutions wait for a click, and on paper nobody sees them. */
function countSolutionsSeen() {
  return [...document.querySelectorAll("details.solution pre")]
    .filter((code) => code.checkVisibility({ contentVisibilityAuto: true })).length;
}

/** Boxes on paper that hold more than they show: on a screen one would scroll. */
function findCut() {
  const boxes = [...document.querySelectorAll("article *")].filter((box) =>
    box.clientHeight > 0 && box.clientWidth > 0 && box.checkVisibility());
  return boxes.flatMap((box) => {
    const { overflowX, overflowY } = getComputedStyle(box);
    const [wide, high] = [box.scrollWidth - box.clientWidth, box.scrollHeight - box.clientHeight];
    const text = box.textContent.replace(/\s+/g, " ").trim();
    const name = `${box.tagName.toLowerCase()}.${box.className} (${text.slice(0, 40)})`;
    return [
      ...(overflowY !== "visible" && high > 1 ? [`${name}: ${high} px below are cut`] : []),
      ...(overflowX !== "visible" && wide > 1 ? [`${name}: ${wide} px on the right are cut`] : []),
    ];
  });
}

/** The luminance of the article's ink, 0 for black and 1 for white. The paper is white. */
function measureInk() {
  const text = document.querySelector("article p") ?? document.body;
  const [red, green, blue] = getComputedStyle(text).color.match(/[\d.]+/g).map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function findStills() {
  return [...document.querySelectorAll(".player")].map((div) => {
    const still = div.querySelector(".player-still");
    const isSeen = still.checkVisibility({ visibilityProperty: true });
    return { name: div.id, isSeen: isSeen && still.getBoundingClientRect().height > 20 };
  });
}

function findImages() {
  return [...document.images].map((image) => ({
    src: image.getAttribute("src"),
    alt: image.getAttribute("alt"),
    isLoaded: image.complete && image.naturalWidth > 0,
    isFigure: image.matches(".player-still img, img.figure"),
  }));
}

function findFormulas() {
  return [...document.querySelectorAll("math")].map((math) => ({
    text: math.textContent.replace(/\s+/g, " ").trim(),
    height: math.getBoundingClientRect().height,
    isBlock: math.getAttribute("display") === "block",
  }));
}

function findRawLatex() {
  const text = (document.querySelector("article") ?? document.body).innerText;
  return text.match(/.{0,30}(\\(frac|sum|partial|cdot|text|math|begin)|:math:|\$\$).{0,30}/g) ?? [];
}

/** What a player shows and holds, without its pictures, which are long. */
function readPlayer(div) {
  const { frames, points, ...data } = JSON.parse(div.querySelector("script").textContent);
  const texts = [...div.querySelectorAll(".player-graph text")];
  const seen = texts.filter((text) => getComputedStyle(text).visibility === "visible");
  return {
    data,
    at: Number(div.dataset.at),
    state: div.dataset.state,
    says: div.querySelector(".player-says").textContent,
    whys: [...div.querySelectorAll(".player-whys li")].map((why) => why.textContent),
    texts: seen.map((text) => text.textContent),
  };
}

// A page, looked at ------------------------------------------------------------------------------

/** Adds to `seen` what goes wrong on a page, and all that it asks for. */
function listen(page, seen) {
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) {
      seen().errors.push(`${message.type()}: ${message.text()}`);
    }
  });
  page.on("pageerror", (error) => seen().errors.push(String(error)));
  page.on("request", (request) => seen().requests.push(request.url()));
  page.on("requestfailed", (request) =>
    seen().errors.push(`${request.url()}: ${request.failure()?.errorText}`));
}

async function openPage(browser, seen) {
  const context = await browser.newContext({ viewport: DESKTOP, colorScheme: "light" });
  context.setDefaultTimeout(15_000);
  // The site is for a reader without a network. What is refused here counts as a failed request.
  await context.route(/^(?!file:|data:|blob:)/, (route) => route.abort());
  const page = await context.newPage();
  listen(page, seen);
  return page;
}

async function checkAccess(page) {
  // Colours on their way from one theme to the other would be measured half-way.
  await page.addStyleTag({ content: "* { transition: none !important; }" });
  await page.evaluate(AXE);
  const light = await page.evaluate(findViolations, {});
  await page.evaluate(setTheme, "dark");
  const dark = await page.evaluate(findViolations, {});
  await page.evaluate(setTheme, "light");
  return { light, dark };
}

/** Colours alone, of the players as they now are. */
async function checkColoursOfPlayers(page) {
  const options = { runOnly: ["color-contrast"] };
  const found = [];
  for (const theme of ["dark", "light"]) {
    await page.evaluate(setTheme, theme);
    found.push(...await page.evaluate(findViolations, options));
  }
  return found;
}

/** Between the two events with which a browser frames its printing: a page may listen to them. */
async function measureInkOfDarkTheme(page) {
  await page.evaluate(setTheme, "dark");
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  const ink = await page.evaluate(measureInk);
  await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  await page.evaluate(setTheme, "light");
  return ink;
}

async function checkPaper(page) {
  await page.evaluate(keepTexts);
  await page.setViewportSize(PAPER);
  await page.emulateMedia({ media: "print" });
  const paper = {
    lost: await page.evaluate(findLostTexts),
    cut: await page.evaluate(findCut),
    stills: await page.evaluate(findStills),
    solutions: await page.evaluate(countSolutionsSeen),
    ink: await measureInkOfDarkTheme(page),
  };
  await page.emulateMedia({ media: null });
  await page.setViewportSize(DESKTOP);
  return paper;
}

/** The formulas that look otherwise when their boxes are told to cut nothing. */
async function findCutFormulas(page) {
  const boxes = await page.locator("div.math").all();
  const photograph = async () => {
    const pictures = [];
    for (const box of boxes) {
      const { x, y, width, height } = await box.evaluate((div) => {
        const place = div.getBoundingClientRect();
        return { ...place.toJSON(), y: place.y + scrollY };
      });
      const clip = { x, y: y - 8, width, height: height + 16 };
      pictures.push(await page.screenshot({ clip, fullPage: true }));
    }
    return pictures;
  };
  const asTheyAre = await photograph();
  const style = await page.addStyleTag({ content: "div.math { overflow: visible !important; }" });
  const whole = await photograph();
  await style.evaluate((element) => element.remove());
  const isCut = boxes.map((_, i) => !asTheyAre[i].equals(whole[i]));
  const texts = await Promise.all(boxes.map((box) => box.innerText()));
  return texts.filter((_, i) => isCut[i]).map((text) => text.replace(/\s+/g, " "));
}

async function checkPhone(page) {
  await page.setViewportSize(PHONE);
  await page.waitForTimeout(400); // after 300 ms the theme makes reachable by Tab what scrolls now
  const tooWide = await page.evaluate(findTooWide);
  // More boxes scroll than on a wide screen.
  const options = { runOnly: ["scrollable-region-focusable"] };
  const access = await page.evaluate(findViolations, options);
  await page.setViewportSize(DESKTOP);
  return { tooWide, access };
}

// Players, used ----------------------------------------------------------------------------------

/** By the keyboard alone: to the slider, to the start, and step by step to the end. */
async function goThrough(page, player) {
  await player.locator(".player-controls button").last().focus();
  await page.keyboard.press("Tab");
  const isFocused = await player.evaluate((div) =>
    document.activeElement === div.querySelector(".player-range"));
  await page.keyboard.press("Home");
  const first = await player.evaluate(readPlayer);
  const last = await player.evaluate((div) => Number(div.dataset.last));
  const where = (div) =>
    ({ at: Number(div.dataset.at), says: div.querySelector(".player-says").textContent });
  const visited = [await player.evaluate(where)];
  for (let at = first.at; at <= last; at += 1) { // the last press is one too many
    await page.keyboard.press("ArrowRight");
    visited.push(await player.evaluate(where));
  }
  return { isFocused, last, visited, first, end: await player.evaluate(readPlayer) };
}

/** Whether a click on Play moves it on, without another. */
async function isPlaying(page, player) {
  await player.locator(".player-range").focus();
  await page.keyboard.press("Home");
  const start = await player.evaluate((div) => Number(div.dataset.at));
  await player.locator(".player-play").click();
  const isOn = (div, from) => Number(div.dataset.at) > from + 1;
  const deadline = Date.now() + 4000;
  let moved = false;
  while (!moved && Date.now() < deadline) {
    moved = await player.evaluate(isOn, start);
    if (!moved) await page.waitForTimeout(50);
  }
  await page.keyboard.press("End"); // also stops it
  return moved;
}

/** Whether those who asked for no motion still find a button that starts one, or read of it. */
async function offersMotion(page, player) {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await player.locator(".player-range").focus();
  await page.keyboard.press("Home");
  const isOffered = await player.locator(".player-play").isVisible();
  const { says } = await player.evaluate(readPlayer);
  await page.emulateMedia({ reducedMotion: null });
  await page.keyboard.press("End");
  return isOffered || says.includes("Play");
}

async function steer(page, player) {
  const through = await goThrough(page, player);
  const plays = await isPlaying(page, player);
  return { ...through, plays, offersMotion: await offersMotion(page, player) };
}

/** The wrong answers by their numbers, then the right one. */
async function answer(page, player) {
  const first = await player.evaluate(readPlayer);
  const { answers } = first.data;
  const order = [...answers.keys()].sort((a, b) => answers[a].right - answers[b].right);
  await player.locator(".player-answer").first().focus();
  const said = [];
  for (const i of order) {
    await page.keyboard.press(String(i + 1));
    said.push({ ...answers[i], ...await player.evaluate(readPlayer) });
  }
  return { first, said };
}

async function usePlayers(page) {
  const players = [];
  for (const div of await page.locator(".player").all()) {
    const [name, kind, isAlive] = await div.evaluate((player) =>
      [player.id, player.dataset.player, player.classList.contains("player-live")]);
    const use = kind === "quiz" ? answer : steer;
    players.push({ name, kind, isAlive, ...(isAlive ? await use(page, div) : {}) });
  }
  return players;
}

// The site ---------------------------------------------------------------------------------------

function findPages(site) {
  return readdirSync(site, { recursive: true }).map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith(".html") && !path.startsWith("_static/")).sort();
}

async function look(page, seen, url) {
  await page.goto(url);
  seen.images = await page.evaluate(findImages);
  seen.formulas = await page.evaluate(findFormulas);
  seen.cutFormulas = await findCutFormulas(page);
  seen.latex = await page.evaluate(findRawLatex);
  Object.assign(seen.access, await checkAccess(page));
  seen.paper = await checkPaper(page);
  seen.players = await usePlayers(page);
  if (seen.players.length > 0) seen.access.played = await checkColoursOfPlayers(page);
  const phone = await checkPhone(page); // after the players, which are now at their widest
  seen.tooWide = phone.tooWide;
  seen.access.phone = phone.access;
}

function nothingSeen() {
  const lists = "requests errors images formulas cutFormulas latex players tooWide".split(" ");
  return {
    ...Object.fromEntries(lists.map((name) => [name, []])),
    access: { light: [], dark: [], played: [], phone: [] },
    paper: { lost: [], cut: [], stills: [], ink: 0 },
  };
}

/** Each page of the list, by AT_ONCE tabs that take the next one when they are done. */
async function lookAtAll(browser, site, names) {
  const found = {};
  const left = [...names];
  const work = async () => {
    let seen;
    const page = await openPage(browser, () => seen);
    while (left.length > 0) {
      const name = left.shift();
      seen = found[name] = nothingSeen();
      try {
        await look(page, seen, urlOf(site, name));
      } catch (error) {
        seen.errors.push(`the look at it ended early: ${error.message}`);
      }
      seen.requests = [...new Set(seen.requests.map(pathOf))];
    }
    await page.context().close();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return found;
}

function urlOf(site, name) {
  return pathToFileURL(resolve(site, name)).href;
}

/** The file behind an address; the address itself where there is none. */
function pathOf(url) {
  return url.startsWith("file:") ? fileURLToPath(url.replace(/[?#].*/, "")) : url.slice(0, 60);
}

async function search(browser, site, word) {
  const seen = nothingSeen();
  const page = await openPage(browser, () => seen);
  await page.goto(`${urlOf(site, "search.html")}?q=${word}`);
  const links = page.locator("#search-results li a");
  await links.first().waitFor().catch(() => {}); // none is for the test to say
  await page.waitForTimeout(1500); // the results come one by one; what they ask for, too
  const found = await links.evaluateAll((all) => all.map((link) => link.getAttribute("href")));
  await page.context().close();
  return { errors: seen.errors, found };
}

async function switchTheme(browser, site) {
  const seen = nothingSeen();
  const page = await openPage(browser, () => seen);
  const read = () => page.evaluate(() => ({
    theme: document.documentElement.dataset.theme,
    background: getComputedStyle(document.body).backgroundColor,
  }));
  await page.goto(urlOf(site, "index.html"));
  await page.addStyleTag({ content: "* { transition: none !important; }" });
  const before = await read();
  await page.locator(".theme-switch-button:visible").first().click();
  await page.locator(".theme-change-button[data-mode=dark]:visible").first().click();
  const after = await read();
  await page.goto(urlOf(site, "ch01/index.html"));
  const onNextPage = await read();
  await page.context().close();
  return { errors: seen.errors, before, after, onNextPage };
}

async function main(site, pages) {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS.split(" ") });
  try {
    if (pages.length > 0) return { pages: await lookAtAll(browser, site, pages) };
    return {
      pages: await lookAtAll(browser, site, findPages(site)),
      search: await search(browser, site, "Affine"),
      theme: await switchTheme(browser, site),
    };
  } finally {
    await browser.close();
  }
}

const [site, ...pages] = process.argv.slice(2);
process.stdout.write(JSON.stringify(await main(site, pages)));
