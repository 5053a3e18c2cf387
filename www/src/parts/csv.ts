/** A file that spreadsheets open: UTF-8 with a byte order mark, every value quoted. */
export function csvFile(titles: readonly string[], rows: readonly (readonly (string | number)[])[]): Blob {
  const line = (values: readonly (string | number)[]) =>
    `${values.map((value) => `"${String(value).replaceAll('"', '""')}"`).join(",")}\r\n`;
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
