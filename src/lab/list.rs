//! Checks lists of numbers and names exported from spreadsheets: detects the columns and finds
//! invalid rows. A list is processed in chunks, so it can have any length, and progress can be
//! shown.

use crate::identity::cert_no::{self, Documents};
use crate::identity::{RuleViolation, cert_name};
use crate::text::Text;
use crate::timestamp::Date;
use serde::Serialize;
use std::cmp::Reverse;

/// Maximum length of a record: a longer one means that a quote was not closed.
const RECORD_MAX: usize = 16_384;
/// Number of rows examined to detect the columns.
const SAMPLE_ROWS: usize = 20;
/// Maximum number of columns offered for selection.
const COLUMNS_MAX: usize = 64;

/// The columns of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Columns {
    /// The field separator.
    pub delimiter: char,
    /// Whether the first row is a header.
    pub header: bool,
    /// The line of the first row, from 1; only empty lines and Excel's `sep=,` come before it.
    pub start: u32,
    /// Index of the column with identity numbers.
    pub cert_no: Option<usize>,
    /// Index of the column with names.
    pub cert_name: Option<usize>,
}

/// The layout of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Layout {
    /// Its columns.
    #[serde(flatten)]
    pub columns: Columns,
    /// Index of the column with identity numbers if most of them are masked or damaged and none is
    /// whole.
    pub damaged: Option<usize>,
    /// The columns' titles; empty without a header.
    pub titles: Vec<String>,
}

/// The result for one chunk of a list.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Checked {
    /// Number of rows, without the header.
    pub rows: u32,
    /// Number of rows in which every field is empty.
    pub empty_rows: u32,
    /// Number of valid rows.
    pub right_rows: u32,
    /// All problems found, without duplicates.
    pub problems: Vec<Listed>,
    /// Rows, their lines and indexes into `problems`, in the order of the list.
    pub marks: Vec<(u32, u32, u32)>,
    /// For each of `marks`, the row's number as written in the list.
    pub written: Vec<String>,
    /// The accepted numbers, for finding duplicates.
    pub numbers: Vec<String>,
    /// The row of each of `numbers`.
    pub number_rows: Vec<u32>,
    /// The line of each of `numbers`.
    pub number_lines: Vec<u32>,
    /// The unread remainder, which the caller prepends to the next chunk.
    pub rest: String,
    /// Where `rest` starts.
    #[serde(flatten)]
    pub next: Place,
}
redacted_debug!(Checked);

/// A place in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// The row that a spreadsheet shows, from 1: it does not show Excel's `sep=,`.
    #[serde(rename = "nextRow")]
    pub row: u32,
    /// The line of the text, from 1. A row with line feeds in its fields has several.
    #[serde(rename = "nextLine")]
    pub line: u32,
}

impl Default for Place {
    fn default() -> Self {
        Self { row: 1, line: 1 }
    }
}

/// A problem found in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// `certNo` or `certName`.
    pub field: &'static str,
    /// Whether the row is invalid because of it.
    pub fatal: bool,
    /// The stable name of the rule.
    pub rule: &'static str,
    /// What is wrong and how to fix it.
    pub message: Text,
}

/// Detects the layout of a list from its beginning.
pub fn layout(beginning: &str) -> Layout {
    let beginning = beginning.strip_prefix('\u{FEFF}').unwrap_or(beginning);
    let separator = beginning.lines().find(|line| !line.trim().is_empty());
    let separator = separator.and_then(named_separator);
    let delimiter = separator.unwrap_or_else(|| delimiter(beginning));
    let mut rows = Vec::new();
    let mut rest = beginning;
    let (mut line, mut start, mut skips_separator) = (1_u32, 1_u32, separator.is_some());
    while rows.len() <= SAMPLE_ROWS
        && let Some((fields, after, lines)) = record(rest, delimiter, true)
    {
        rest = after;
        if fields.iter().any(|field| !field.trim().is_empty())
            && !std::mem::take(&mut skips_separator)
        {
            if rows.is_empty() {
                start = line;
            }
            rows.push(fields);
        }
        line = line.saturating_add(lines);
    }
    let first = rows.first().cloned().unwrap_or_default();
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let below = rows.get(1..).unwrap_or_default();
    let column_of = |rows: &[Vec<String>], is: fn(&str) -> bool| {
        let counted = (0..columns.min(COLUMNS_MAX)).map(|column| (count(rows, column, is), column));
        counted
            .filter(|(count, _)| *count > 0)
            .max_by_key(|(count, column)| (*count, Reverse(*column)))
            .map(|(_, column)| column)
    };
    let titled = |titles: &[&str], is: fn(&str) -> bool| {
        let ranked = (0..first.len()).filter_map(|column| {
            let title = title_at(&first, column);
            let rank = titles.iter().position(|known| *known == title)?;
            // The kind of each row's document is written like a title.
            let repeated = below.iter().any(|row| row.get(column) == first.get(column));
            (!repeated).then(|| (count(below, column, is), Reverse(rank), Reverse(column)))
        });
        ranked.max().map(|(_, _, Reverse(column))| column)
    };
    let number_column = |rows: &[Vec<String>]| {
        column_of(rows, is_number).or_else(|| {
            let column = column_of(rows, is_damaged)?;
            are_damaged(rows, column).then_some(column)
        })
    };
    let numbers = number_column(below);
    let number_title = titled(&NUMBER_TITLES, is_number);
    let name_title = titled(&NAME_TITLES, is_name);
    let is_certain = |column: usize| !ROLES.contains(&title_at(&first, column).as_str());
    let header = may_be_header(&first, numbers)
        && (number_title.is_some()
            || name_title.is_some_and(is_certain)
            || is_header(&first, numbers, column_of(below, is_name)));
    let number_title = number_title.filter(|_| header);
    let name_title = name_title.filter(|_| header);
    let data = if header { below } else { &rows };
    let titles = if header { first } else { Vec::new() };
    let title = |column| titles.get(column).cloned().unwrap_or_default();
    let cert_no = number_title.or_else(|| number_column(data));
    Layout {
        damaged: cert_no.filter(|column| are_damaged(data, *column)),
        columns: Columns {
            delimiter,
            header,
            start,
            cert_no,
            cert_name: name_title.or_else(|| column_of(data, is_name)),
        },
        titles: (0..columns.min(COLUMNS_MAX)).map(title).collect(),
    }
}

/// A title as the lists below contain it: in lower case, without separators, the mark of a mandatory
/// column and remarks in brackets.
fn title_of(field: &str) -> String {
    let mut depth = 0_u32;
    let kept = field.chars().filter(|character| match character {
        '(' | '（' | '[' | '【' => {
            depth = depth.saturating_add(1);
            false
        }
        ')' | '）' | ']' | '】' => {
            depth = depth.saturating_sub(1);
            false
        }
        '_' | '-' | '*' | '＊' => false,
        _ => depth == 0 && !character.is_whitespace(),
    });
    kept.map(|character| character.to_ascii_lowercase())
        .collect()
}

/// The title in a column of the first row; empty if the row is shorter.
fn title_at(first: &[String], column: usize) -> String {
    first
        .get(column)
        .map(|field| title_of(field))
        .unwrap_or_default()
}

/// Whether the first row can be a header: it has no number, and where the others have theirs, it has
/// neither digits nor nothing.
fn may_be_header(first: &[String], numbers: Option<usize>) -> bool {
    let is_title = |column: usize| {
        let title = title_at(first, column);
        !title.is_empty() && !title.contains(char::is_numeric)
    };
    numbers.is_none_or(is_title) && !first.iter().any(|field| is_number(field))
}

/// Whether the first row is a header although no title is known. Data that is taken for a header is
/// lost unseen; a header that is taken for data is usually reported as wrong.
fn is_header(first: &[String], cert_no: Option<usize>, cert_name: Option<usize>) -> bool {
    let is_title = |field: &String| {
        let title = title_of(field);
        ["姓名", "身份证号", "证件号", "证件编号"]
            .iter()
            .any(|word| title.contains(word))
            || title.ends_with("号码")
    };
    let field = |column: Option<usize>| first.get(column?).map(String::as_str);
    let names_numbers = field(cert_no).is_some_and(|field| {
        let is_digit_or_mask = |c: char| c.is_numeric() || matches!(c, '*' | '＊');
        field.contains(char::is_alphabetic) && !field.contains(is_digit_or_mask)
    });
    first.iter().any(is_title) || names_numbers && !is_name(field(cert_name).unwrap_or_default())
}

/// Number of rows whose field in a column is as described.
fn count(rows: &[Vec<String>], column: usize, is: fn(&str) -> bool) -> usize {
    let fields = rows.iter().filter_map(|row| row.get(column));
    fields.filter(|field| is(field)).count()
}

/// Whether a column has masked or damaged numbers only; a few fields may be anything else.
fn are_damaged(rows: &[Vec<String>], column: usize) -> bool {
    count(rows, column, is_number) == 0
        && count(rows, column, is_damaged).saturating_mul(2) > rows.len()
}

/// Checks a chunk. `place` is where it starts; `last` marks the last chunk.
pub fn check(
    columns: &Columns,
    chunk: &str,
    place: Place,
    last: bool,
    documents: Documents,
    today: Date,
) -> Checked {
    let mut checked = Checked {
        next: place,
        ..Checked::default()
    };
    let mut rest = chunk;
    if place.line == 1 {
        rest = rest.strip_prefix('\u{FEFF}').unwrap_or(rest);
    }
    while let Some((fields, after, lines)) = record(rest, columns.delimiter, last) {
        let at = checked.next;
        checked.next.line = at.line.saturating_add(lines);
        rest = after;
        let is_empty = fields.iter().all(|field| field.trim().is_empty());
        let is_header = columns.header && at.line == columns.start;
        let is_separator = at.line < columns.start && !is_empty;
        if is_separator {
            continue;
        }
        checked.next.row = at.row.saturating_add(1);
        if is_header {
            continue;
        }
        checked.rows = checked.rows.saturating_add(1);
        if is_empty {
            checked.empty_rows = checked.empty_rows.saturating_add(1);
            continue;
        }
        check_row(&mut checked, columns, &fields, at, documents, today);
    }
    rest.clone_into(&mut checked.rest);
    checked
}

/// If several columns have a title of this list and as many numbers, the earlier title wins.
const NUMBER_TITLES: [&str; 15] = [
    "certno",
    "idno",
    "idnumber",
    "idcard",
    "idcardno",
    "identitynumber",
    "身份证",
    "身份证号",
    "身份证号码",
    "证件号",
    "证件号码",
    "公民身份号码",
    "居民身份证号",
    "居民身份证号码",
    // Last, because it may also be the title of a running number.
    "number",
];
const NAME_TITLES: [&str; 13] = [
    "certname",
    "name",
    "fullname",
    "realname",
    "姓名",
    "真实姓名",
    "客户姓名",
    "名字",
    "客户",
    "客户名称",
    "联系人",
    "员工",
    "法人",
];

/// Titles of names that other columns have as values, so they do not make a row a header.
const ROLES: [&str; 4] = ["客户", "联系人", "员工", "法人"];

fn check_row(
    checked: &mut Checked,
    columns: &Columns,
    fields: &[String],
    at: Place,
    documents: Documents,
    today: Date,
) {
    let field = |column: Option<usize>| Some(fields.get(column?).map_or("", String::as_str));
    let mut right = true;
    if let Some(field) = field(columns.cert_no) {
        let (number, unwrapped) = without_spreadsheet_marks(field);
        if unwrapped {
            checked.mark(at, "certNo", false, spreadsheet_marks());
        }
        match cert_no::check(number, documents, today) {
            Ok(accepted) => {
                for notice in accepted.notices {
                    checked.mark(at, "certNo", false, notice);
                }
                checked.numbers.push(accepted.normalized);
                checked.number_rows.push(at.row);
                checked.number_lines.push(at.line);
            }
            Err(problem) => {
                right = false;
                checked.mark(
                    at,
                    "certNo",
                    true,
                    with_code_point(number, damaged_by_spreadsheet(number, problem)),
                );
            }
        }
    }
    if let Some(name) = field(columns.cert_name) {
        let name = name.trim();
        let number = field(columns.cert_no);
        let documents = number.map_or(documents, |number| documents.of_number(Some(number)));
        match cert_name::check(name, documents) {
            Ok(accepted) => {
                for notice in accepted.notices {
                    checked.mark(at, "certName", false, notice);
                }
            }
            Err(problem) => {
                right = false;
                checked.mark(at, "certName", true, with_code_point(name, problem));
            }
        }
    }
    let written = field(columns.cert_no).unwrap_or_default();
    checked
        .written
        .resize(checked.marks.len(), written.to_owned());
    if right {
        checked.right_rows = checked.right_rows.saturating_add(1);
    }
}

impl Checked {
    fn mark(&mut self, place: Place, field: &'static str, fatal: bool, problem: RuleViolation) {
        let listed = Listed {
            field,
            fatal,
            rule: problem.rule,
            message: problem.message,
        };
        let at = self.problems.iter().position(|known| *known == listed);
        let at = at.unwrap_or_else(|| {
            self.problems.push(listed);
            self.problems.len().saturating_sub(1)
        });
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        self.marks.push((place.row, place.line, at));
    }
}

/// Removes the marks with which spreadsheets denote text: a leading quote, a tab or `="…"`.
fn without_spreadsheet_marks(field: &str) -> (&str, bool) {
    let trimmed = field.trim();
    let bare = trimmed
        .strip_prefix("=\"")
        .and_then(|rest| rest.strip_suffix('"'))
        .or_else(|| trimmed.strip_prefix('\''))
        .unwrap_or(trimmed);
    (bare, bare != trimmed)
}

fn spreadsheet_marks() -> RuleViolation {
    RuleViolation::new(
        "spreadsheet-mark",
        "带有表格软件的文本标记（前导 ' 或 =\"…\"），已忽略。",
        "has a spreadsheet's text marker (a leading ' or =\"…\"), which was ignored.",
    )
}

/// Recognizes how spreadsheets format 18 digits if the column is not text.
fn damaged_by_spreadsheet(number: &str, problem: RuleViolation) -> RuleViolation {
    if exponent(number).is_some() {
        return RuleViolation::new(
            "spreadsheet-number",
            "被表格软件转成了科学计数法，原号码已丢失；请把该列设为文本后重新导出。",
            "was converted to scientific notation by a spreadsheet and is lost; format the column as text and export again.",
        );
    }
    if problem.rule == "check-digit" && number.ends_with("000") {
        return RuleViolation::new(
            "spreadsheet-rounded",
            "校验码不符，且末三位是 000：通常是被表格软件四舍五入到 15 位；请把该列设为文本后重新导出。",
            "has a wrong check digit and ends with 000: most likely a spreadsheet rounded it to 15 digits; format the column as text and export again.",
        );
    }
    problem
}

/// The exponent of a number in scientific notation.
fn exponent(number: &str) -> Option<&str> {
    let (mantissa, exponent) = number.split_once(['E', 'e'])?;
    let exponent = exponent.trim_start_matches('+');
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (digits(exponent) && digits(&mantissa.replace('.', ""))).then_some(exponent)
}

/// Adds the code point of a character that looks right: the console shows only part of a number and
/// nothing of a name. Not for every wrong character: each code point makes a problem that is counted
/// separately.
fn with_code_point(text: &str, mut problem: RuleViolation) -> RuleViolation {
    let is_wrong = |character: &char| match problem.rule {
        "characters" => !character.is_ascii_digit(),
        "radical" => cert_name::check(character.encode_utf8(&mut [0; 4]), Documents::default())
            .is_err_and(|alone| alone.rule == problem.rule),
        _ => false,
    };
    if let Some(wrong) = text.chars().find(is_wrong) {
        let point = format!("U+{:04X}", u32::from(wrong));
        problem.message = problem.message.then(&Text::composed(
            format!("该字符是 {point}。"),
            format!("It is {point}."),
        ));
    }
    problem
}

fn is_name(field: &str) -> bool {
    cert_name::check(field.trim(), Documents::default()).is_ok()
}

fn is_number(field: &str) -> bool {
    let (field, _) = without_spreadsheet_marks(field);
    let digits = field.bytes().filter(u8::is_ascii_digit).count();
    (15..=18).contains(&field.len()) && digits >= field.len().saturating_sub(1)
}

/// Whether a field looks like an identity number that is masked or damaged: in scientific notation,
/// with separators, in full-width characters, too long or doubled.
fn is_damaged(field: &str) -> bool {
    let (field, _) = without_spreadsheet_marks(field);
    if let Some(exponent) = exponent(field) {
        return exponent == "17";
    }
    let half_width = field.chars().map(|character| match character {
        '\u{FF01}'..='\u{FF5E}' => {
            char::from_u32(u32::from(character).saturating_sub(0xFEE0)).unwrap_or(character)
        }
        _ => character,
    });
    let number: String = half_width
        .filter(|character| character.is_alphanumeric() || *character == '*')
        .collect();
    let has_no_word = number
        .bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'X' | b'x' | b'*'));
    // Masked phone numbers are shorter.
    let masked = (14..=18).contains(&number.len()) && cert_no::is_masked(&number);
    let begins_well = number.get(..2).is_some_and(|start| {
        !start.bytes().all(|byte| byte.is_ascii_digit())
            || start.starts_with('9')
            || cert_no::province(start).is_some()
    });
    let has_birth_date = number.get(6..14).is_some_and(|date| {
        matches!(date.get(..2), Some("18" | "19" | "20"))
            && Date::parse_compact(date.as_bytes()).is_some()
    });
    has_no_word && begins_well && (masked || number.len() >= 15 && has_birth_date)
}

/// The separator that Excel's first line `sep=;` names.
fn named_separator(line: &str) -> Option<char> {
    line.strip_prefix("sep=")?.chars().next()
}

/// The candidate that occurs most often in the first line.
fn delimiter(text: &str) -> char {
    let first = text.lines().find(|line| !line.trim().is_empty());
    let first = first.unwrap_or_default();
    [',', '\t', ';', '|', '，']
        .into_iter()
        .rev()
        .max_by_key(|candidate| first.matches(*candidate).count())
        .unwrap_or(',')
}

/// The first record (RFC 4180), the remaining text, and the number of lines in the record. `None`
/// at the end of the text, or if this is not the `last` chunk and the record may continue.
fn record(text: &str, delimiter: char, last: bool) -> Option<(Vec<String>, &str, u32)> {
    if text.is_empty() {
        return None;
    }
    match quoted_record(text, delimiter) {
        Some(found) => Some(found),
        None if last || text.len() > RECORD_MAX => {
            let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
            let line = line.trim_end_matches('\r');
            let fields = match quoted_record(&format!("{line}\n"), delimiter) {
                Some((fields, _, _)) => fields,
                // An unclosed quote is an ordinary character.
                None => line.split(delimiter).map(ToOwned::to_owned).collect(),
            };
            Some((fields, rest, 1))
        }
        None => None,
    }
}

/// A record that ends with a line feed.
fn quoted_record(text: &str, delimiter: char) -> Option<(Vec<String>, &str, u32)> {
    let mut fields = Vec::new();
    let mut field = String::new();
    let mut quoted = false;
    let mut lines = 1_u32;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        if at > RECORD_MAX {
            return None;
        }
        match character {
            '"' if quoted => {
                if characters.next_if(|(_, next)| *next == '"').is_some() {
                    field.push('"');
                } else {
                    quoted = false;
                }
            }
            '"' if field.is_empty() => quoted = true,
            '\n' if !quoted => {
                if field.ends_with('\r') {
                    field.pop();
                }
                fields.push(field);
                return Some((fields, text.get(at.saturating_add(1)..)?, lines));
            }
            character if character == delimiter && !quoted => {
                fields.push(std::mem::take(&mut field));
            }
            character => {
                if character == '\n' {
                    lines = lines.saturating_add(1);
                }
                field.push(character);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> Date {
        Date::new(2026, 1, 1).unwrap()
    }

    fn whole(text: &str) -> Checked {
        check(
            &layout(text).columns,
            text,
            Place::default(),
            true,
            Documents::ResidentIdentityCard,
            today(),
        )
    }

    fn found(checked: &Checked) -> Vec<(u32, &str, &str)> {
        checked
            .marks
            .iter()
            .map(|(row, _, at)| {
                let listed = &checked.problems[*at as usize];
                (*row, listed.field, listed.rule)
            })
            .collect()
    }

    #[test]
    fn accounts_for_every_row_and_tells_whose_it_is() {
        let text = "姓名,证件号码\n张三,11010519491231002X\n,\n\n张三,1\n, \n张三,\n";
        let checked = whole(text);
        assert_eq!(
            (checked.rows, checked.right_rows, checked.empty_rows),
            (6, 1, 3)
        );
        let rows: Vec<u32> = checked.marks.iter().map(|(row, _, _)| *row).collect();
        assert_eq!(rows, [5, 7]);
        assert_eq!(checked.written, ["1", ""]);
    }

    #[test]
    fn tells_the_layout() {
        let titled = layout("\u{FEFF}序号,姓名,证件号码\r\n1,张三,11010519491231002X\r\n");
        assert_eq!(
            (
                titled.columns.cert_no,
                titled.columns.cert_name,
                titled.columns.header
            ),
            (Some(2), Some(1), true)
        );
        assert_eq!(titled.titles, ["序号", "姓名", "证件号码"]);
        let bare = layout("张三\t11010519491231002X\n张三\t440524188001010014\n");
        assert_eq!((bare.columns.delimiter, bare.columns.header), ('\t', false));
        assert_eq!(
            (bare.columns.cert_no, bare.columns.cert_name),
            (Some(1), Some(0))
        );
        let single = layout("11010519491231002X\n440524188001010014");
        assert_eq!(
            (single.columns.cert_no, single.columns.cert_name),
            (Some(0), None)
        );
        let foreign_titles = layout("kunde;ausweis\n张三;11010519491231002X\n");
        assert_eq!(
            (
                foreign_titles.columns.delimiter,
                foreign_titles.columns.header
            ),
            (';', true)
        );
        assert_eq!(
            (
                foreign_titles.columns.cert_no,
                foreign_titles.columns.cert_name
            ),
            (Some(1), Some(0))
        );
        assert_eq!(layout("").columns.cert_no, None);
    }

    #[test]
    fn a_first_row_without_a_number_is_not_lost() {
        let right = "张三,11010519491231002X\n李四,440524188001010014\n";
        for first in [
            "王五,1101051949****002X",
            "王五,110105 19491231 002X",
            "王五,1.10105E+17",
            "王五,１１０１０５１９４９１２３１００２Ｘ",
            "王五,无",
            "王五,",
            "Wang,****",
        ] {
            let checked = whole(&format!("{first}\n{right}"));
            let counted = (checked.rows, checked.right_rows);
            assert_eq!(counted, (3, 2), "{first}");
        }
        for first in [
            "员工姓名,身份证号码(18位)",
            "kunde,ausweis",
            "客户,证件号",
            "法人,法人身份证号",
            "联系人,身份证号码（必填）",
            "经办人,*证件编号",
            "姓　名,号　码",
        ] {
            let checked = whole(&format!("{first}\n{right}"));
            let counted = (checked.rows, checked.right_rows);
            assert_eq!(counted, (2, 2), "{first}");
        }
        let names = whole("张3\n李四\n王五\n");
        assert_eq!((names.rows, names.right_rows), (3, 2));
        assert_eq!(whole("张三,身份证,11010519491231002X\n").rows, 1);
        let roles = "李四,家属,440524188001010014\n张三,家属,11010519491231002X\n";
        for number in ["1101051949****002X", "1.10105E+17", "", "无"] {
            let checked = whole(&format!("王五,员工,{number}\n{roles}"));
            let counted = (checked.rows, checked.right_rows);
            assert_eq!(counted, (3, 2), "{number}");
        }
        let remark = whole("王五,1101051949****002X,身份证号待补\n张三,11010519491231002X,\n");
        assert_eq!((remark.rows, remark.right_rows), (2, 1));
        let others = whole("张三,身份证,11010519491231002X\n李四,护照,E12345678\n");
        assert_eq!((others.rows, others.right_rows), (2, 1));
        let kinds = whole("王五,身份证,1101051949****002X\n张三,身份证,11010519491231002X\n");
        assert_eq!((kinds.rows, kinds.right_rows), (2, 1));
    }

    #[test]
    fn finds_a_column_whose_numbers_are_all_masked_or_damaged() {
        for (first, second, rule) in [
            ("110***********002X", "440***********0014", "masked"),
            ("1101********002X", "4405********0014", "masked"),
            ("1****************X", "4****************4", "masked"),
            ("110105XXXXXXXX002X", "440524＊＊＊＊＊＊＊＊0014", "masked"),
            (
                "11010519491231002X11010519491231002X",
                "440524188001010014440524188001010014",
                "length",
            ),
            ("110105194912310020X", "4405241880010100140", "length"),
            (
                "110105 19491231 002X",
                "440524 18800101 0014",
                "white-space",
            ),
            (
                "11010519491231002X\u{202C}",
                "440524188001010014\u{202C}",
                "invisible",
            ),
            (
                "１１０１０５１９４９１２３１００２Ｘ",
                "４４０５２４１８８００１０１００１４",
                "full-width",
            ),
            ("1.10105E+17", "4.40524E+17", "spreadsheet-number"),
        ] {
            let rows = format!("1,张三,{first},13800138000\n2,李四,{second},13800138001\n");
            for header in ["", "row,who,which,phone\n"] {
                let text = format!("{header}{rows}");
                let found_layout = layout(&text);
                let columns = found_layout.columns;
                assert_eq!(
                    (columns.cert_no, columns.cert_name),
                    (Some(2), Some(1)),
                    "{text}"
                );
                assert_eq!(
                    (columns.header, found_layout.damaged),
                    (!header.is_empty(), Some(2)),
                    "{text}"
                );
                let lines = if header.is_empty() { [1, 2] } else { [2, 3] };
                let all = lines.map(|line| (line, "certNo", rule));
                let checked = whole(&text);
                assert_eq!(found(&checked), all, "{text}");
            }
            assert_eq!(
                layout(&format!("姓名,证件号码\n张三,{first}\n")).damaged,
                Some(1)
            );
        }
        let one_is_whole = layout("张三,110***********002X\n李四,440524188001010014\n");
        assert_eq!(
            (one_is_whole.columns.cert_no, one_is_whole.damaged),
            (Some(1), None)
        );
        for other in [
            "13800138000",
            "138****0001",
            "86138****0001",
            "138-0013-8000",
            "13800138000/13900139000",
            "6222 0202 0011 2233 445",
            "2026-11-28 12:20:00.123",
            "2026-11-28T12:20:00.123Z",
            "6.22202E+18",
            "110105194912310020X 旧号",
            "****",
            "",
        ] {
            let columns = layout(&format!("张三,{other}\n李四,{other}\n")).columns;
            assert_eq!(
                (columns.cert_no, columns.cert_name),
                (None, Some(0)),
                "{other}"
            );
        }
        // A remark in one row.
        let remark = layout("张三,110***********002X\n李四,\n王五,\n");
        assert_eq!((remark.columns.cert_no, remark.damaged), (None, None));
    }

    #[test]
    fn of_several_titled_columns_the_one_with_numbers_counts() {
        let rows = "1,张三,11010519491231002X\n2,李四,440524188001010014\n";
        let columns = layout(&format!("Number,Name,ID card\n{rows}")).columns;
        assert_eq!((columns.cert_no, columns.cert_name), (Some(2), Some(1)));
        let damaged = layout("Number,Name,ID card\n1,张三,1.10105E+17\n").columns;
        assert_eq!(damaged.cert_no, Some(2));
    }

    #[test]
    fn names_the_code_point_of_a_character_that_looks_right() {
        let checked = whole(
            "姓名,证件号码\n\u{2EE2}云,11010519491231002\u{425}\n张三\u{1F600},11010519491231002X\n",
        );
        assert_eq!(
            found(&checked),
            [
                (2, "certNo", "characters"),
                (2, "certName", "radical"),
                (3, "certName", "not-han"),
            ]
        );
        let points = ["U+0425", "U+2EE2"];
        for (listed, point) in checked.problems.iter().zip(points) {
            assert!(listed.message.zh.ends_with(&format!("该字符是 {point}。")));
            assert!(listed.message.en.ends_with(&format!(" It is {point}.")));
        }
    }

    #[test]
    fn finds_the_bad_rows() {
        let checked = whole(
            "name,id_number\n张三,11010519491231002X\n\n\"张\n三\",110105194912310021\nZhang,11010519491231002x\n\
             张三,1.10105E+17\n张三,110105194912310000\n张三,\"=\"\"11010519491231002X\"\"\"\n张三\n",
        );
        assert_eq!((checked.rows, checked.right_rows), (8, 2));
        assert_eq!(
            found(&checked),
            [
                (4, "certNo", "check-digit"),
                (4, "certName", "white-space"),
                (5, "certNo", "upper-case-x"),
                (5, "certName", "latin-letter"),
                (6, "certNo", "spreadsheet-number"),
                (7, "certNo", "spreadsheet-rounded"),
                (8, "certNo", "spreadsheet-mark"),
                (9, "certNo", "missing"),
            ]
        );
        let lines: Vec<u32> = checked.marks.iter().map(|(_, line, _)| *line).collect();
        assert_eq!(lines, [4, 4, 6, 6, 7, 8, 9, 10]);
        assert_eq!(checked.number_rows, [2, 5, 8]);
        assert!(checked.rest.is_empty());
    }

    #[test]
    fn chunks_give_what_the_whole_gives() {
        let text = "name,id\n张三,11010519491231002X\n\"张,三\",110105194912310021\n张三,440524188001010014\nX,Y";
        let layout = layout(text);
        let expected = whole(text);
        let characters: Vec<char> = text.chars().collect();
        for size in 1..characters.len() {
            let (mut rest, mut place) = (String::new(), Place::default());
            let (mut marks, mut rows) = (Vec::new(), 0);
            let chunks: Vec<_> = characters.chunks(size).collect();
            for (at, chunk) in chunks.iter().enumerate() {
                rest.extend(*chunk);
                let last = at + 1 == chunks.len();
                let checked = check(
                    &layout.columns,
                    &rest,
                    place,
                    last,
                    Documents::ResidentIdentityCard,
                    today(),
                );
                marks.extend(
                    found(&checked)
                        .iter()
                        .map(|(line, _, rule)| (*line, (*rule).to_owned())),
                );
                rows += checked.rows;
                (rest, place) = (checked.rest, checked.next);
            }
            assert_eq!(rows, expected.rows, "{size}");
            let all: Vec<_> = found(&expected)
                .iter()
                .map(|(line, _, rule)| (*line, (*rule).to_owned()))
                .collect();
            assert_eq!(marks, all, "{size}");
        }
    }

    #[test]
    fn a_header_may_stand_below_empty_lines_and_excels_separator() {
        let rows = "姓名;证件号码\n张三;11010519491231002X\n";
        for (before, empty) in [
            ("", 0),
            ("\u{FEFF}sep=;\r\n", 0),
            ("\n\n", 2),
            ("sep=;\n\n", 1),
            ("sep=;;;\n", 0),
            (";\n", 1),
        ] {
            let text = format!("{before}{rows}");
            let checked = whole(&text);
            let counted = (checked.rows, checked.right_rows, checked.empty_rows);
            assert_eq!(counted, (empty + 1, 1, empty), "{text}");
            assert_eq!(found(&checked), [], "{text}");
        }
        let bare = whole("sep=,\n张三,11010519491231002X\n张三,1\n");
        assert_eq!((bare.rows, bare.right_rows), (2, 1));
        // A spreadsheet does not show the first line.
        assert_eq!((bare.marks[0].0, bare.marks[0].1), (2, 3));
    }

    #[test]
    fn an_open_quote_spoils_one_row_only() {
        let checked = whole("name,id\n\"张三,11010519491231002X\n张三,440524188001010014\n");
        assert_eq!((checked.rows, checked.right_rows), (2, 1));
        assert_eq!(found(&checked)[0], (2, "certName", "not-han"));
        let long = [
            "name,id\n\"张三,11010519491231002X\n",
            &"张三,440524188001010014\n".repeat(2_000),
        ]
        .concat();
        let checked = whole(&long);
        assert_eq!((checked.rows, checked.right_rows), (2_001, 2_000));
    }
}
