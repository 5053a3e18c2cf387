// The identity checker: one number and name, and whole lists.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { assertAccessible, assertFits, looks, withConsole } from "./console.mjs";

const one = (look, use) => withConsole({ ...look, hash: "#/identity" }, use);
const list = (look, use) => withConsole({ ...look, hash: "#/identity/list" }, use);
const readList = { zh: "读取名单", en: "Read the list" };
const checkList = { zh: "检查名单", en: "Check the list" };
const paste = { zh: "或粘贴名单", en: "Or paste a list" };

/** The figures of a checked list: rows, valid, invalid, empty, with notices, duplicates. */
async function figures(page) {
  await page.locator(".figures").waitFor();
  const texts = await page.locator(".figures dd").allTextContents();
  return texts.map((text) => Number(text.replaceAll(",", "")));
}

for (const look of looks) {
  test(`a number and a name, right and wrong: ${Object.values(look).join(", ")}`, () =>
    one(look, async (page, words) => {
      await page.getByLabel(words.certNo).fill("11010519491231002X");
      await page.locator(".notice.good").waitFor();
      const parts = await page.locator(".part").allInnerTexts();
      assert.match(parts[0], look.language === "zh" ? /北京/ : /Beijing/);
      assert.match(parts[1], /1949-12-31/);
      await page.getByLabel(words.certNo).fill("110105194912310021");
      await page.locator(".part.wrong").waitFor();
      await page.getByLabel(words.certName).fill("Zhang San");
      await page.getByText(look.language === "zh" ? "第 1 个字符是英文字母" : "is a Latin letter").waitFor();
      await assertFits(page);
      await assertAccessible(page);
    }));

  test(`a list: ${Object.values(look).join(", ")}`, () =>
    list(look, async (page) => {
      const rows = [
        "姓名,证件号码",
        "张三,11010519491231002X",
        "张三,110105194912310021",
        "张三,11010519491231002X",
      ];
      await page.getByLabel(paste[look.language]).fill(rows.join("\n"));
      await page.getByRole("button", { name: readList[look.language] }).click();
      await assertAccessible(page);
      await page.getByRole("button", { name: checkList[look.language] }).click();
      assert.deepEqual(await figures(page), [3, 2, 1, 0, 0, 1]);
      await assertFits(page);
      await assertAccessible(page);
    }));
}

test("on a phone, the fields come first, also after a visit to the laboratory", () =>
  withConsole({ width: 360, hash: "#/signature" }, async (page, words) => {
    await page.locator(".request-input").waitFor();
    await page.getByRole("link", { name: "Identity" }).click();
    await page.getByLabel(words.certNo).fill("11010519491231002X");
    const top = async (selector) => (await page.locator(selector).boundingBox()).y;
    await page.locator(".notice.good").waitFor();
    assert.ok((await top(".one .inputs")) < (await top(".one .outcome-column")));
  }));

test("residence permits count only where they are allowed", () =>
  one({}, async (page) => {
    await page.getByLabel(/^Identity number/).fill("810000199408230021");
    await page.getByText("is the number of a residence permit").waitFor();
    await page.getByLabel(/^Also accept residence permits/).check();
    await page.getByText("Residence permit (Hong Kong, Macao, Taiwan)").waitFor();
  }));

test("a hundred thousand rows, in the encoding of Chinese spreadsheets", () =>
  list({}, async (page) => {
    // 姓名,证件号码 and 张三 in GB18030, which Node cannot encode.
    const header = [0xd0, 0xd5, 0xc3, 0xfb, 0x2c, 0xd6, 0xa4, 0xbc, 0xfe, 0xba, 0xc5, 0xc2, 0xeb, 0x0d, 0x0a];
    const row = (number) =>
      Buffer.concat([Buffer.from([0xd5, 0xc5, 0xc8, 0xfd]), Buffer.from(`,${number}\r\n`)]);
    const kinds = [row("11010519491231002X"), row("110105194912310021"), row("1.10105E+17")];
    const rows = Array.from(
      { length: 100_000 },
      (_, index) => kinds[index % 10 === 0 ? 1 : index % 1000 === 5 ? 2 : 0],
    );
    await page.setInputFiles("input[type=file]", {
      name: "list.csv",
      mimeType: "text/csv",
      buffer: Buffer.concat([Buffer.from(header), ...rows]),
    });
    await page.getByText("encoding GB18030").waitFor();
    assert.equal(await page.getByLabel("Names").inputValue(), "0");
    const seen = page.evaluate(
      () =>
        new Promise((resolve) => {
          const look = () => document.querySelector("progress")?.value > 0 && resolve(true);
          new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
        }),
    );
    await page.getByRole("button", { name: "Check the list" }).click();
    // Progress is drawn during the check, which runs in a worker.
    assert.ok(await seen);
    assert.equal(page.workers().length, 1);
    assert.deepEqual(await figures(page), [100_000, 89_900, 10_100, 0, 0, 89_899]);
    await page.getByText("converted to scientific notation by a spreadsheet").first().waitFor();

    await page.getByLabel("Only invalid rows").check();
    await page.getByText("Page 1 of 202").waitFor();
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByText("Page 2 of 202").waitFor();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download the problems (CSV)" }).click(),
    ]);
    const csv = readFileSync(await download.path(), "utf8");
    assert.match(
      csv,
      /^\uFEFF"row","line","field","kind","rule","message"\r\n"2","2","certNo","error","check-digit",/,
    );
    assert.ok(!csv.includes("110105"));
  }));

test("a list of names outside of the first plane of Unicode is right, wherever it is cut", () =>
  list({}, async (page) => {
    const ROWS = 70_000;
    await page.setInputFiles("input[type=file]", {
      name: "list.csv",
      mimeType: "text/csv",
      buffer: Buffer.from(`sep=,\n姓名,证件号码\n${"𠮷田,11010519491231002X\n".repeat(ROWS)}`),
    });
    await page.getByRole("button", { name: "Check the list" }).click();
    await page.getByRole("button", { name: "Download the problems (CSV)" }).waitFor();
    assert.deepEqual((await figures(page)).slice(0, 3), [ROWS, ROWS, 0]);
  }));

test("a list accounts for every row, names the owner of each row, and lists errors before duplicates", () =>
  list({}, async (page) => {
    const right = "张三,11010519491231002X";
    const rows = [
      ...Array(950).fill(right),
      ...Array(46).fill(","),
      ...Array(4).fill("张三,110105194912310021"),
    ];
    await page.getByLabel("Or paste a list").fill(["姓名,证件号码", ...rows].join("\n"));
    await page.getByRole("button", { name: "Read the list" }).click();
    await page.getByRole("button", { name: "Check the list" }).click();
    const [all, good, bad, empty] = await figures(page);
    assert.deepEqual([all, good, bad, empty], [1000, 950, 4, 46]);
    const first = page.locator(".bad-rows tbody tr").first();
    await first.waitFor();
    assert.match(await first.innerText(), /^998\s+1\*{16}1\s+Identity number has a wrong check digit/);
    assert.match(
      await page.locator(".bad-rows tbody tr").nth(4).innerText(),
      /^3\s+1\*{16}X\s+.*in row 2\.$/,
    );
    assert.match(
      await page.locator(".table").first().innerText(),
      /^4\s+Identity number has a wrong check digit.*\n949\s/,
    );
    // The most important content is at the top.
    const top = async (name) => (await page.getByRole("button", { name }).boundingBox()).y;
    assert.ok(
      (await top("Download the problems (CSV)")) < (await page.locator(".table").first().boundingBox()).y,
    );
    await assertAccessible(page);
  }));

test("a check that is stopped shows what it has found", () =>
  list({}, async (page) => {
    await page.setInputFiles("input[type=file]", {
      name: "list.csv",
      mimeType: "text/csv",
      buffer: Buffer.from("张三,110105194912310021\n".repeat(400_000)),
    });
    await page.getByRole("button", { name: "Check the list" }).click();
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByText("Stopped; this is the result").waitFor();
    const [all, good, bad] = await figures(page);
    assert.ok(all > 0 && all < 400_000 && good === 0 && bad === all, `${all} rows, ${bad} wrong`);
    await page.locator(".bad-rows tbody tr").first().waitFor();
  }));

test("a file that is dropped is read, wherever on the page and whatever is shown", () =>
  list({}, async (page) => {
    const drop = async (selector, content) => {
      const dataTransfer = await page.evaluateHandle((content) => {
        const data = new DataTransfer();
        data.items.add(new File([content], "list.csv", { type: "text/csv" }));
        return data;
      }, content);
      return page.locator(selector).evaluate((target, dataTransfer) => {
        const event = (name) => new DragEvent(name, { dataTransfer, bubbles: true, cancelable: true });
        // Otherwise the browser opens the file.
        return ["dragover", "drop"].map((name) => !target.dispatchEvent(event(name)));
      }, dataTransfer);
    };
    assert.deepEqual(await drop(".drop", "张三,11010519491231002X\n"), [true, true]);
    await page.getByText("encoding UTF-8").waitFor();
    await page.getByRole("button", { name: "Check the list" }).click();
    assert.deepEqual(await figures(page), [1, 1, 0, 0, 0, 0]);
    await page.getByText("No problems were found.").waitFor();
    assert.deepEqual(await drop(".top", "张三,1\n李四,11010519491231002X\n"), [true, true]);
    await page.getByRole("button", { name: "Check the list" }).click();
    assert.deepEqual(await figures(page), [2, 1, 1, 0, 0, 0]);
  }));

test("a list in any encoding, and bytes that are invalid in it", () =>
  list({}, async (page) => {
    const read = async (...parts) => {
      await page.setInputFiles("input[type=file]", {
        name: "list.csv",
        mimeType: "text/csv",
        buffer: Buffer.concat(parts.map((part) => Buffer.from(part))),
      });
      const shown = await page.getByText(/encoding [A-Z0-9-]+/).innerText();
      const notice = await page.locator(".notice.warn").allInnerTexts();
      await page.getByRole("button", { name: "Check the list" }).click();
      const [all, right] = await figures(page);
      await page.getByRole("button", { name: "Check another" }).click();
      const damage = notice.map((text) => /bytes that are invalid in [A-Z0-9-]+|contains �/.exec(text)?.[0]);
      return [/encoding ([\w-]+)/.exec(shown)[1], ...damage, all, right];
    };
    const rows = "姓名,证件号码\n张三,11010519491231002X\n李四,440524188001010014\n";
    const utf16 = Buffer.from(rows.replaceAll(",", "\t"), "utf16le");
    assert.deepEqual(await read([0xff, 0xfe], utf16), ["UTF-16LE", 2, 2]);
    assert.deepEqual(await read([0xfe, 0xff], Buffer.from(utf16).swap16()), ["UTF-16BE", 2, 2]);
    assert.deepEqual(await read(utf16), ["UTF-16LE", 2, 2]);
    assert.deepEqual(await read(Buffer.from(utf16).swap16()), ["UTF-16BE", 2, 2]);
    // Half of a surrogate pair, and half of a character.
    const invalid = (encoding) => `bytes that are invalid in ${encoding}`;
    assert.deepEqual(await read(utf16, [0x42, 0xd8, 0x0a, 0x00]), ["UTF-16LE", invalid("UTF-16LE"), 3, 2]);
    assert.deepEqual(await read([0xff, 0xfe], utf16, [0x0a]), ["UTF-16LE", invalid("UTF-16LE"), 3, 2]);
    // The low byte of the ideographic space is zero.
    assert.deepEqual(await read(Buffer.from("张三\n李　四\n王五\n", "utf16le")), ["UTF-16LE", 3, 2]);
    assert.deepEqual(await read("\uFEFF", rows), ["UTF-8", 2, 2]);
    assert.deepEqual(await read(rows.replaceAll("\n", "\r")), ["UTF-8", 2, 2]);
    // A row that is cut inside of a character, whose bytes GB18030 decodes without an error.
    const cut = await read(rows, "王五,11010519491231002X,王", [0xe6, 0x9d]);
    assert.deepEqual(cut, ["UTF-8", invalid("UTF-8"), 3, 3]);
    const wrong = await read(rows, "王", [0xe9], "五,11010519491231002X\n");
    assert.deepEqual(wrong, ["UTF-8", invalid("UTF-8"), 3, 2]);
    // Written by a program that had lost the names before.
    assert.deepEqual(await read("name,idno\n����,11010519491231002X\n"), ["UTF-8", "contains �", 1, 0]);
    // A name in GB18030, two of whose bytes are a character of UTF-8.
    const name = [0xd2, 0xb6, 0xc1, 0xd5, 0xd6, 0xbe];
    assert.deepEqual(await read(name, ",11010519491231002X\n"), ["GB18030", 1, 1]);
    // Only the last line ends as on Windows.
    assert.deepEqual(await read(rows.replaceAll("\n", "\r"), "\n"), ["UTF-8", 2, 2]);
  }));

test("without invalid rows, it says so in place of an empty table", () =>
  list({}, async (page) => {
    await page.getByLabel("Or paste a list").fill("张三,11010519491231002x");
    await page.getByRole("button", { name: "Read the list" }).click();
    await page.getByRole("button", { name: "Check the list" }).click();
    await page.locator(".bad-rows tbody tr").waitFor();
    await page.getByLabel("Only invalid rows").check();
    await page.getByText("No row is invalid").waitFor();
    assert.equal(await page.locator(".bad-rows").count(), 0);
    await page.getByLabel("Only invalid rows").uncheck();
    await page.locator(".bad-rows tbody tr").waitFor();
  }));

test("a list without rows is not right", () =>
  list({}, async (page) => {
    await page.getByLabel("Or paste a list").fill("姓名,证件号码\n");
    await page.getByRole("button", { name: "Read the list" }).click();
    await page.getByRole("button", { name: "Check the list" }).click();
    await page.getByText("The list has no rows of data.").waitFor();
    assert.equal(await page.getByText("No problems were found.").count(), 0);
  }));

test("each stage gets the focus, results are announced, and a list begins at its first page", () =>
  list({}, async (page) => {
    const focused = (text) =>
      page.waitForFunction((text) => document.activeElement?.textContent === text, text);
    const check = async (rows) => {
      await page.getByLabel("Or paste a list").fill(rows.join("\n"));
      await page.getByRole("button", { name: "Read the list" }).press("Enter");
      await focused("Columns");
      await page.getByRole("button", { name: "Check the list" }).press("Enter");
      await focused("Result");
    };
    await page.getByLabel("Or paste a list").waitFor();
    await page.evaluate(() => (globalThis.region = document.querySelector(".list [aria-live]")));
    await check(Array(120).fill("张三,110105194912310021"));
    assert.ok(await page.evaluate(() => globalThis.region.contains(document.querySelector(".figures"))));
    await page.getByLabel("Only invalid rows").check();
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByText("Page 2 of 3").waitFor();
    await page.getByRole("button", { name: "Next" }).press("Enter");
    await page.getByText("Page 3 of 3").waitFor();
    await page.keyboard.press("Enter");
    await focused("Next");
    await page.getByText("Page 3 of 3").waitFor();
    await page.getByRole("button", { name: "Check another" }).press("Enter");
    await focused("List");
    await check(Array(80).fill("张三,110105194912310021"));
    await page.getByText("Page 1 of 2").waitFor();
    assert.ok(!(await page.getByLabel("Only invalid rows").isChecked()));
  }));

test("a list whose numbers are all masked is checked as such, unless another column is chosen", () =>
  list({}, async (page) => {
    const hint = page.getByText("they are masked or damaged");
    await page.getByLabel("Or paste a list").fill("张三,110***********002X\n李四,1101********002X");
    await page.getByRole("button", { name: "Read the list" }).click();
    await hint.waitFor();
    await page.getByLabel("Numbers").selectOption("");
    assert.equal(await hint.count(), 0);
    await page.getByLabel("Numbers").selectOption("1");
    await hint.waitFor();
    await page.getByRole("button", { name: "Check the list" }).click();
    assert.deepEqual(await figures(page), [2, 0, 2, 0, 0, 0]);
    await page.locator(".bad-rows tbody tr").nth(1).waitFor();
    const rows = await page.locator(".bad-rows tbody tr").allInnerTexts();
    assert.deepEqual(
      rows.map((row) => /^(\d).*is masked/s.exec(row)?.[1]),
      ["1", "2"],
    );
  }));

test("a list without a column of numbers; another one can be chosen", () =>
  list({}, async (page) => {
    await page.getByLabel("Or paste a list").fill("张三\n张三\n张 三");
    await page.getByRole("button", { name: "Read the list" }).click();
    await page.getByText("No column of identity numbers was found").waitFor();
    await page.getByRole("button", { name: "Check the list" }).click();
    await page.getByText("only names were checked").waitFor();
    assert.deepEqual(await figures(page), [3, 2, 1, 0, 0, 0]);
    await page.getByRole("button", { name: "Check another" }).click();
    await page.getByRole("button", { name: "Read the list" }).click();
    await page.getByLabel("Names").selectOption("");
    assert.ok(await page.getByRole("button", { name: "Check the list" }).isDisabled());
    await page.getByRole("button", { name: "Check another" }).click();
    await page.getByLabel("Or paste a list").waitFor();
  }));

test("an Excel workbook is named as one, and no columns of it are offered", () =>
  list({}, async (page) => {
    const workbooks = {
      "list.xlsx": [0x50, 0x4b, 3, 4, 20, 0, 6, 0],
      "list.xls": [0xd0, 0xcf, 0x11, 0xe0, 0xa1],
    };
    for (const [name, bytes] of Object.entries(workbooks)) {
      await page.setInputFiles("input[type=file]", { name, mimeType: "", buffer: Buffer.from(bytes) });
      await page.getByText("This is an Excel workbook").waitFor();
      assert.equal(await page.getByLabel("Numbers").count(), 0);
      await assertAccessible(page);
      await page.getByRole("button", { name: "Check another" }).click();
      await page.getByText("Paste cells from Excel").waitFor();
    }
  }));

test("a row has the number that a spreadsheet shows, and its line if that differs", () =>
  list({}, async (page) => {
    const rows = [
      "sep=,",
      "姓名,证件号码,住址",
      '张三,11010519491231002X,"甲',
      '乙"',
      "李四,110105194912310021,丙",
    ];
    await page.getByLabel("Or paste a list").fill(rows.join("\n"));
    await page.getByRole("button", { name: "Read the list" }).click();
    await page.getByRole("button", { name: "Check the list" }).click();
    const first = page.locator(".bad-rows tbody tr").first();
    assert.match(await first.innerText(), /^3 \(line 5\)\s/);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download the problems (CSV)" }).click(),
    ]);
    assert.match(readFileSync(await download.path(), "utf8"), /\r\n"3","5","certNo","error"/);
  }));

test("a checked list stays while another tab or tool is looked at, and its columns can be changed", () =>
  list({}, async (page, words) => {
    await page.getByLabel("Or paste a list").fill("张三,110105194912310021\n李 四,11010519491231002X");
    await page.getByRole("button", { name: "Read the list" }).click();
    await page.getByRole("button", { name: "Check the list" }).click();
    assert.deepEqual((await figures(page)).slice(0, 3), [2, 0, 2]);
    await page.getByRole("tab", { name: "One" }).click();
    await page.getByLabel(words.certNo).waitFor();
    await page.getByRole("link", { name: words.walkthrough }).click();
    await page.locator(".http").waitFor();
    await page.goBack();
    await page.getByRole("tab", { name: "List" }).click();
    assert.deepEqual((await figures(page)).slice(0, 3), [2, 0, 2]);
    await page.locator(".bad-rows tbody tr").first().waitFor();
    await page.getByRole("button", { name: "Change columns" }).click();
    await page.getByLabel("Names").selectOption("");
    await page.getByRole("button", { name: "Check the list" }).click();
    assert.deepEqual((await figures(page)).slice(0, 3), [2, 1, 1]);
  }));

test("a list that was read is not lost without a question", () =>
  list({ expected: /favicon\.svg/ }, async (page) => {
    await page.getByLabel("Or paste a list").fill("张三,11010519491231002X");
    await page.getByRole("button", { name: "Read the list" }).click();
    await page.getByRole("button", { name: "Check the list" }).waitFor();
    await page.getByRole("link", { name: "Signature" }).click();
    const secret = page.getByLabel(/^AccessKeySecret/);
    await secret.fill("a");
    await secret.fill("");
    const asked = page.waitForEvent("dialog");
    const clicked = page.getByRole("link", { name: "Identity" }).click();
    const dialog = await asked;
    assert.match(dialog.message(), /a list that was read/);
    await dialog.dismiss();
    await clicked;
    await secret.waitFor();
  }));

test("a worker that does not load asks for a reload", () =>
  list({}, async (page) => {
    await page.getByLabel("Or paste a list").fill("张三,11010519491231002X");
    await page.route("**/worker-*.js", (route) => route.fulfill({ status: 404 }));
    await page.getByRole("button", { name: "Read the list" }).click();
    await page.getByText("This part of the console did not load").waitFor();
    await page.unroute("**/worker-*.js");
    await page.getByRole("button", { name: "Reload" }).click();
    await page.getByLabel("Or paste a list").fill("张三,11010519491231002X");
    // The worker loads, but not its module.
    await page.route("**/*.wasm", (route) => route.fulfill({ status: 404 }));
    await page.getByRole("button", { name: "Read the list" }).click();
    await page.getByText("This part of the console did not load").waitFor();
  }));
