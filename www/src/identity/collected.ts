import type { CheckedChunk, Listed, Problem } from "../core";
import { csvFile } from "../parts/csv";
import type { Language } from "../preferences";

/** A row with a problem; its number is masked. */
export interface Row {
  /** As a spreadsheet counts. */
  row: number;
  line: number;
  number: string;
  problem: Listed;
}

export interface Tally {
  rows: number;
  right: number;
  empty: number;
  twice: number;
  /** Number of problems, and of those that make their row invalid; the latter come first. */
  found: number;
  fatal: number;
  /** Counts by problem: fatal problems first, then by frequency. */
  counts: { problem: Listed; count: number }[];
}

/** Names of the problems in the page's language. */
export interface Labels {
  language: Language;
  certNo: string;
  certName: string;
}

/** Puts the field name in front of the module's text, which is a predicate. */
export function sentence(language: Language, label: string, { message }: Problem): string {
  return language === "zh" ? label + message.zh : `${label} ${message.en}`;
}

export function words(problem: Listed, labels: Labels): string {
  return sentence(labels.language, labels[problem.field], problem);
}

interface Mark {
  row: number;
  line: number;
  written: string;
  problem: Listed;
}

/** Worded like the module's own problems. Found here, because duplicates span chunks. */
function givenTwice(row: number): Listed {
  return {
    field: "certNo",
    fatal: false,
    rule: "given-twice",
    message: { zh: `与第 ${row} 行的号码相同。`, en: `is the same as in row ${row}.` },
  };
}

/** Collects the results of a list's chunks. */
export class Collected {
  rows = 0;
  #right = 0;
  #empty = 0;
  #twice = 0;
  #fatal: Mark[] = [];
  #others: Mark[] = [];
  #kinds = new Map<string, { problem: Listed; count: number }>();
  #firstRows = new Map<string, number>();

  add(chunk: CheckedChunk): void {
    this.rows += chunk.rows;
    this.#right += chunk.rightRows;
    this.#empty += chunk.emptyRows;
    const others = this.#others.length;
    chunk.marks.forEach(([row, line, index], at) => {
      const problem = chunk.problems[index];
      const written = chunk.written[at] ?? "";
      if (problem) this.#mark({ row, line, written, problem }, problem.field + problem.message.en);
    });
    chunk.numbers.forEach((written, index) => {
      const [row = 0, line = 0] = [chunk.numberRows[index], chunk.numberLines[index]];
      const first = this.#firstRows.get(written);
      if (first === undefined) {
        this.#firstRows.set(written, row);
      } else {
        this.#twice += 1;
        this.#mark({ row, line, written, problem: givenTwice(first) }, "given-twice");
      }
    });
    // Notices and duplicates of one chunk, by row.
    const late = this.#others.splice(others).sort((a, b) => a.row - b.row);
    for (const mark of late) this.#others.push(mark);
  }

  #mark(mark: Mark, kind: string): void {
    (mark.problem.fatal ? this.#fatal : this.#others).push(mark);
    const known = this.#kinds.get(kind);
    if (known) known.count += 1;
    else this.#kinds.set(kind, { problem: mark.problem, count: 1 });
  }

  tally(): Tally {
    const isTwice = ({ rule }: Listed) => Number(rule === "given-twice");
    return {
      rows: this.rows,
      right: this.#right,
      empty: this.#empty,
      twice: this.#twice,
      found: this.#fatal.length + this.#others.length,
      fatal: this.#fatal.length,
      counts: [...this.#kinds.values()].sort(
        ({ problem: a, count: ofA }, { problem: b, count: ofB }) =>
          Number(b.fatal) - Number(a.fatal) || isTwice(a) - isTwice(b) || ofB - ofA,
      ),
    };
  }

  /** A page of rows, invalid ones first. */
  page(from: number, count: number, mask: (written: string) => string): Row[] {
    const fatal = this.#fatal.slice(from, from + count);
    const others = Math.max(0, from - this.#fatal.length);
    return [...fatal, ...this.#others.slice(others, others + count - fatal.length)].map(
      ({ row, line, written, problem }) => ({ row, line, number: mask(written), problem }),
    );
  }

  /** Rows and problems, without the content of the rows. */
  file(labels: Labels): Blob {
    const cells = ({ row, line, problem }: Mark) => [
      row,
      line,
      problem.field,
      problem.fatal ? "error" : "notice",
      problem.rule,
      words(problem, labels),
    ];
    return csvFile(
      ["row", "line", "field", "kind", "rule", "message"],
      [...this.#fatal, ...this.#others].map(cells),
    );
  }
}
