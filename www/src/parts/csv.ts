/** A text that a spreadsheet would take for a number, and round to 15 digits. */
const LIKE_A_NUMBER = /^(\d{16,}|\d+e\d+)$/i;

/** A file that spreadsheets open: UTF-8 with a byte order mark, every value quoted. */
export function csvFile(titles: readonly string[], rows: readonly (readonly (string | number)[])[]): Blob {
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const kept = (value: string | number) =>
    LIKE_A_NUMBER.test(String(value)) ? `=${quoted(String(value))}` : String(value);
  const line = (values: readonly (string | number)[]) =>
    `${values.map((value) => quoted(kept(value))).join(",")}\r\n`;
  return new Blob(["\uFEFF", line(titles), ...rows.map(line)], { type: "text/csv;charset=utf-8" });
}

const KEPT_MS = 1000;

/** Saves a file under this name. */
export function download(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
}
