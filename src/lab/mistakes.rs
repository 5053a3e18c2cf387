//! Finds the mistakes that explain a request's signature: tries common ones, up to three at a time,
//! until the signature is reproduced.

use super::calculation::{Acs3Parts, RpcParts, access_key_id, pair};
use super::reading::{Form, Parameter, Place, Reading};
use super::{Finding, answer, signature_form};
use crate::signing::SignatureVersion;
use crate::signing::acs3::{self, hmac_sha256};
use crate::signing::rpc::hmac_sha1;
use crate::text::Text;
use crate::vendor::credentials::Secret;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_encode_byte;
use serde_json::Value;

/// How a program signs; the default is correct.
#[derive(Default)]
struct Habits {
    ampersand_is_wrong: bool,
    key: Option<Key>,
    other_method: bool,
    lower_case_method: bool,
    encodes_once: bool,
    plain_slash: bool,
    space_is_plus: bool,
    /// Reserved characters that are not encoded.
    keeps: String,
    escapes_tilde: bool,
    charset: Charset,
    json: Option<Json>,
    lower_case_escapes: bool,
    encodes_nothing: bool,
    encodes_values_twice: bool,
    second_encoding_is_right: bool,
    signs_signature: bool,
    order: Order,
    drops_empty: bool,
    leaves_out: Vec<String>,
    leaves_out_place: Option<Place>,
    digest: Option<Digest>,
    hashes_nothing_of_the_body: bool,
    misses_empty_line: bool,
    signs_canonical_request: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Order {
    #[default]
    ByBytes,
    IgnoringCase,
    AsTheyStand,
}

/// The encoding of non-ASCII characters before percent-encoding.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Charset {
    #[default]
    Utf8,
    QuestionMark,
    Gbk,
    /// `%uXXXX`, as JavaScript's `escape` writes it.
    Escape,
}

/// How a program serializes parsed JSON again.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Json {
    comma: &'static str,
    colon: &'static str,
    sorted: bool,
    ascii: bool,
    slash: &'static str,
    html: bool,
}

impl Json {
    /// The format of JavaScript's `JSON.stringify`.
    const COMPACT: Self = Self {
        comma: ",",
        colon: ":",
        sorted: false,
        ascii: false,
        slash: "/",
        html: false,
    };
}

/// What a program takes for the AccessKeySecret, from that and the AccessKeyId.
type Key = fn(secret: &str, id: &str) -> String;

/// Signs a message with a key and writes the result as text.
type Digest = fn(key: &[u8], message: &[u8]) -> String;

/// Where a mistake acts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Acts {
    /// In the signing key or the HMAC, not in the signed text.
    Key,
    /// In the encoding of single characters.
    Value,
    /// The same, as one function that encodes; a program has one.
    Encoder,
    /// Elsewhere in the signed text.
    Text,
    /// Not a mistake: it limits others to the first encoding, of names and values.
    Pass,
}

struct Mistake {
    acts: Acts,
    rule: &'static str,
    text: Text,
    make: fn(&mut Habits),
}

const fn mistake(
    acts: Acts,
    rule: &'static str,
    make: fn(&mut Habits),
    zh: &'static str,
    en: &'static str,
) -> Mistake {
    Mistake {
        acts,
        rule,
        text: Text::new(zh, en),
        make,
    }
}

#[rustfmt::skip]
static COMMON: &[Mistake] = &[
    mistake(Acts::Value, "space-as-plus", |habits| habits.space_is_plus = true,
        "空格被编码成了 +，应为 %20（不要用表单编码器，如 URLEncoder.encode 的原始结果）。",
        "A space was encoded as + instead of %20: a form encoder was used (for example, the plain result of URLEncoder.encode)."),
    mistake(Acts::Value, "asterisk-kept", |habits| habits.keeps.push('*'),
        "* 没有编码，应为 %2A。",
        "An asterisk was not encoded as %2A."),
    mistake(Acts::Value, "tilde-escaped", |habits| habits.escapes_tilde = true,
        "~ 被编码成了 %7E，应保持原样。",
        "A tilde was encoded as %7E; it must not be encoded."),
    mistake(Acts::Value, "slash-kept", |habits| habits.keeps.push('/'),
        "/ 没有编码，应为 %2F（Python 的 quote() 默认保留 /，应传 safe='~'）。",
        "A slash was not encoded as %2F, which is the default of Python's quote(): pass safe='~'."),
    mistake(Acts::Value, "marks-kept", |habits| habits.keeps.push_str("!'()"),
        "! ' ( ) 没有编码，应为 %21 %27 %28 %29（JavaScript 的 encodeURIComponent 会保留它们）。",
        "! ' ( ) were not encoded as %21 %27 %28 %29, as by JavaScript's encodeURIComponent."),
    mistake(Acts::Value, "lower-case-escapes", |habits| habits.lower_case_escapes = true,
        "百分号编码用了小写十六进制（%e5），应为大写（%E5）。",
        "Percent-encoding used lower case (%e5) instead of upper case (%E5)."),
    mistake(Acts::Encoder, "url-encoder", |habits| {
            habits.space_is_plus = true;
            habits.keeps.push('*');
            habits.escapes_tilde = true;
        },
        "按 Java 的 URLEncoder.encode（URLSearchParams 相同）直接编码：空格成了 +，* 没有编码，~ 成了 %7E；应再替换为 %20、%2A、~。",
        "Encoded with Java's URLEncoder.encode (or URLSearchParams) only: a space is +, * is not encoded, ~ is %7E; replace them with %20, %2A and ~."),
    mistake(Acts::Encoder, "encode-uri-component", |habits| habits.keeps.push_str("!'()*"),
        "直接用了 JavaScript 的 encodeURIComponent：! ' ( ) * 没有编码，应再替换为 %21 %27 %28 %29 %2A。",
        "Encoded with JavaScript's encodeURIComponent only: ! ' ( ) * are not encoded; replace them with %21 %27 %28 %29 %2A."),
    mistake(Acts::Encoder, "urlencode", |habits| {
            habits.space_is_plus = true;
            habits.escapes_tilde = true;
        },
        "按 PHP 的 urlencode 编码：空格成了 +，~ 成了 %7E；应使用 rawurlencode。",
        "Encoded with PHP's urlencode: a space is +, ~ is %7E; use rawurlencode."),
    mistake(Acts::Encoder, "http-utility", |habits| {
            habits.space_is_plus = true;
            habits.escapes_tilde = true;
            habits.lower_case_escapes = true;
            habits.keeps.push_str("!*()");
        },
        "按 .NET 的 HttpUtility.UrlEncode 编码：空格成了 +，! * ( ) 没有编码，十六进制为小写；应使用 Uri.EscapeDataString。",
        "Encoded with .NET's HttpUtility.UrlEncode: a space is +, ! * ( ) are not encoded, escapes are in lower case; use Uri.EscapeDataString."),
    mistake(Acts::Encoder, "encode-uri", |habits| habits.keeps.push_str(";,/?:@&=+$!*'()#"),
        "用了 JavaScript 的 encodeURI，它保留 ; , / ? : @ & = + $ # 等字符；应对每个名和值做百分号编码。",
        "Encoded with JavaScript's encodeURI, which does not encode ; , / ? : @ & = + $ #; percent-encode each name and value."),
    mistake(Acts::Encoder, "escape", |habits| {
            habits.keeps.push_str("@*+/");
            habits.escapes_tilde = true;
            habits.charset = Charset::Escape;
        },
        "用了 JavaScript 的 escape()：中文成了 %uXXXX，@ * + / 没有编码。",
        "Encoded with JavaScript's escape(): Chinese characters become %uXXXX, and @ * + / are not encoded."),
    mistake(Acts::Text, "gbk", |habits| habits.charset = Charset::Gbk,
        "中文按 GBK 编码后参与签名；应使用 UTF-8（例如 Java 默认字符集不是 UTF-8，或 URLEncoder 指定了 GBK）。",
        "Chinese characters were signed as GBK instead of UTF-8, the default charset of some systems."),
    mistake(Acts::Text, "json-rewritten", |habits| habits.json = Some(Json::COMPACT),
        "MetaInfo 之类的 JSON 被解析后重新序列化（去掉了空格，如 JSON.stringify）再签名，与发出的不是同一个字符串；应原样传递。",
        "JSON such as MetaInfo was parsed and serialized again without spaces (as by JSON.stringify) for signing, so a different string was sent; pass it unchanged."),
    mistake(Acts::Text, "json-rewritten-spaced", |habits| habits.json = Some(Json {
            comma: ", ",
            colon: ": ",
            ..Json::COMPACT
        }),
        "MetaInfo 之类的 JSON 被解析后重新序列化（分隔符后带空格）再签名，与发出的不是同一个字符串；应原样传递。",
        "JSON such as MetaInfo was parsed and serialized again with spaces after its separators for signing, so a different string was sent; pass it unchanged."),
    mistake(Acts::Text, "json-rewritten-python", |habits| habits.json = Some(Json {
            comma: ", ",
            colon: ": ",
            ascii: true,
            ..Json::COMPACT
        }),
        "MetaInfo 之类的 JSON 被解析后按 Python 的 json.dumps（带空格、\\u 转义）重新序列化再签名，与发出的不是同一个字符串；应原样传递。",
        "JSON such as MetaInfo was parsed and serialized again as by Python's json.dumps (spaces, \\u escapes) for signing, so a different string was sent; pass it unchanged."),
    mistake(Acts::Text, "json-rewritten-php", |habits| habits.json = Some(Json {
            ascii: true,
            slash: "\\/",
            ..Json::COMPACT
        }),
        "MetaInfo 之类的 JSON 被解析后按 PHP 的 json_encode（\\/ 与 \\u 转义）重新序列化再签名，与发出的不是同一个字符串；应原样传递。",
        "JSON such as MetaInfo was parsed and serialized again as by PHP's json_encode (\\/ and \\u escapes) for signing, so a different string was sent; pass it unchanged."),
    mistake(Acts::Text, "json-rewritten-sorted", |habits| habits.json = Some(Json {
            sorted: true,
            ..Json::COMPACT
        }),
        "MetaInfo 之类的 JSON 被解析后按字段名排序、重新序列化再签名，与发出的不是同一个字符串；应原样传递。",
        "JSON such as MetaInfo was parsed and serialized again with sorted members for signing, so a different string was sent; pass it unchanged."),
    mistake(Acts::Text, "json-rewritten-go", |habits| habits.json = Some(Json {
            sorted: true,
            html: true,
            ..Json::COMPACT
        }),
        "MetaInfo 之类的 JSON 被解析后按 Go 的 json.Marshal（字段排序，< > & 转义）重新序列化再签名，与发出的不是同一个字符串；应原样传递。",
        "JSON such as MetaInfo was parsed and serialized again as by Go's json.Marshal (members sorted, < > & escaped) for signing, so a different string was sent; pass it unchanged."),
    mistake(Acts::Text, "not-encoded", |habits| habits.encodes_nothing = true,
        "参数名和参数值没有做百分号编码。",
        "Names and values were not percent-encoded."),
    mistake(Acts::Text, "values-encoded-twice", |habits| habits.encodes_values_twice = true,
        "参数值在签名前已经编码过一次，又被编码了一次。",
        "Values were already encoded when they were encoded for signing."),
    mistake(Acts::Text, "charset", |habits| habits.charset = Charset::QuestionMark,
        "中文被当作 ? 参与签名：字符集不对，应使用 UTF-8。",
        "Chinese characters were signed as ?: the charset is wrong; use UTF-8."),
    mistake(Acts::Text, "not-sorted", |habits| habits.order = Order::AsTheyStand,
        "参数没有排序，应按参数名的字节序排列。",
        "Parameters were not sorted; sort them by the bytes of their names."),
    mistake(Acts::Text, "sorted-ignoring-case", |habits| habits.order = Order::IgnoringCase,
        "参数按不区分大小写排序，应按字节序（大写字母在小写之前）。",
        "Parameters were sorted case-insensitively; sort by bytes, upper case first."),
    mistake(Acts::Text, "empty-dropped", |habits| habits.drops_empty = true,
        "值为空的参数发出去了却没有参与签名；空值应写成 Name= 参与签名，或者不发送。",
        "Parameters with an empty value were sent but not signed; sign them as Name= or do not send them."),
    mistake(Acts::Text, "other-method", |habits| habits.other_method = true,
        "待签名字符串里的 HTTP 方法与实际发送的不一致（GET 与 POST 混用）。",
        "The signed method is not the one that was sent (GET and POST confused)."),
    mistake(Acts::Text, "lower-case-method", |habits| habits.lower_case_method = true,
        "HTTP 方法用了小写，应为大写。",
        "The method was signed in lower case instead of upper case."),
    mistake(Acts::Key, "secret-white-space", |habits| habits.key = Some(|secret, _| format!("{}\n", secret.trim())),
        "AccessKeySecret 末尾多了一个换行（通常是从文件读取时带入的）。",
        "The AccessKeySecret ended with a line feed, most likely read from a file."),
    mistake(Acts::Key, "secret-white-space", |habits| habits.key = Some(|secret, _| format!("{}\r\n", secret.trim())),
        "AccessKeySecret 末尾多了回车换行（通常是从文件读取时带入的）。",
        "The AccessKeySecret ended with a carriage return and line feed, most likely read from a file."),
    mistake(Acts::Key, "secret-white-space", |habits| habits.key = Some(|secret, _| format!("{} ", secret.trim())),
        "AccessKeySecret 末尾多了一个空格（通常是复制时带入的）。",
        "The AccessKeySecret ended with a space, most likely from copying."),
    mistake(Acts::Key, "secret-white-space", |habits| habits.key = Some(|secret, _| format!("{}\t", secret.trim())),
        "AccessKeySecret 末尾多了一个制表符（通常是复制时带入的）。",
        "The AccessKeySecret ended with a tab, most likely from copying."),
    mistake(Acts::Key, "secret-white-space", |habits| habits.key = Some(|secret, _| format!("{}\r", secret.trim())),
        "AccessKeySecret 末尾多了一个回车（通常是从文件读取时带入的）。",
        "The AccessKeySecret ended with a carriage return, most likely read from a file."),
    mistake(Acts::Key, "secret-white-space", |habits| habits.key = Some(|secret, _| format!(" {}", secret.trim())),
        "AccessKeySecret 开头多了一个空格（通常是复制时带入的）。",
        "The AccessKeySecret began with a space, most likely from copying."),
    mistake(Acts::Key, "secret-quoted", |habits| habits.key = Some(|secret, _| format!("\"{secret}\"")),
        "AccessKeySecret 连同两边的双引号一起用作了密钥（通常来自配置文件或环境变量）。",
        "The AccessKeySecret was used with the double quotes around it, most likely from a configuration file or an environment variable."),
    mistake(Acts::Key, "secret-single-quoted", |habits| habits.key = Some(|secret, _| format!("'{secret}'")),
        "AccessKeySecret 连同两边的单引号一起用作了密钥（通常来自配置文件或环境变量）。",
        "The AccessKeySecret was used with the single quotes around it, most likely from a configuration file or an environment variable."),
    mistake(Acts::Key, "key-empty", |habits| habits.key = Some(|_, _| String::new()),
        "AccessKeySecret 是空的：程序没有读到它（例如环境变量没有设置）。",
        "The AccessKeySecret was empty: the program did not get it (for example, from an environment variable that is not set)."),
    mistake(Acts::Key, "key-is-id", |habits| habits.key = Some(|_, id| id.to_owned()),
        "HMAC 的密钥用成了 AccessKeyId，应为 AccessKeySecret。",
        "The AccessKeyId was used as the signing key instead of the AccessKeySecret."),
    mistake(Acts::Key, "secret-trimmed", |habits| habits.key = Some(|secret, _| secret.trim().to_owned()),
        "填在这里的 AccessKeySecret 首尾有空白，而程序用的没有。",
        "The AccessKeySecret entered here has white space around it; the one in your program does not."),
];

#[rustfmt::skip]
static RPC: &[Mistake] = &[
    mistake(Acts::Key, "key-without-ampersand", |habits| habits.ampersand_is_wrong = true,
        "HMAC 的密钥漏了 &：应为 AccessKeySecret 后面再加一个 &。",
        "The signing key lacked its &: it is the AccessKeySecret followed by &."),
    mistake(Acts::Key, "key-with-two-ampersands", |habits| habits.key = Some(|secret, _| format!("{secret}&")),
        "HMAC 的密钥末尾有两个 &：应为 AccessKeySecret 后面只加一个 &。",
        "The signing key ended with two &: it is the AccessKeySecret followed by one &."),
    mistake(Acts::Pass, "", |habits| habits.second_encoding_is_right = true,
        "", ""),
    mistake(Acts::Text, "signature-signed", |habits| habits.signs_signature = true,
        "Signature 本身参与了签名；应先签名，再加上 Signature。",
        "Signature itself was signed; add it to the request after signing."),
    mistake(Acts::Text, "encoded-once", |habits| habits.encodes_once = true,
        "规范化请求字符串没有再编码一次就拼进了待签名字符串。",
        "The canonicalized query in the string to sign was not encoded a second time."),
    mistake(Acts::Text, "plain-slash", |habits| habits.plain_slash = true,
        "待签名字符串里的路径写成了 /，应为 %2F。",
        "The path in the string to sign was / instead of %2F."),
    mistake(Acts::Text, "body-not-signed", |habits| habits.leaves_out_place = Some(Place::Form),
        "表单请求体里的参数没有参与签名；应与 URL 里的参数合并后一起签名。",
        "The parameters of the form body were not signed; sign them together with those of the URL."),
    mistake(Acts::Text, "query-not-signed", |habits| habits.leaves_out_place = Some(Place::Query),
        "URL 里的参数没有参与签名；应与表单请求体里的参数合并后一起签名。",
        "The parameters of the URL were not signed; sign them together with those of the form body."),
    mistake(Acts::Key, "sha256", |habits| habits.digest = Some(|key, message| STANDARD.encode(hmac_sha256(key, message))),
        "用了 HMAC-SHA256，而请求声明的是 HMAC-SHA1。",
        "HMAC-SHA256 was used, but the request declares HMAC-SHA1."),
];

#[rustfmt::skip]
static ACS3: &[Mistake] = &[
    mistake(Acts::Key, "key-with-ampersand", |habits| habits.ampersand_is_wrong = true,
        "HMAC 的密钥多了 &：ACS3 直接用 AccessKeySecret。",
        "The signing key ended with &: ACS3 uses the AccessKeySecret itself."),
    mistake(Acts::Text, "body-not-hashed", |habits| habits.hashes_nothing_of_the_body = true,
        "按空请求体计算了哈希，而请求带有请求体。",
        "The hash was calculated for an empty body, but the request has a body."),
    mistake(Acts::Text, "empty-line-missing", |habits| habits.misses_empty_line = true,
        "规范化请求里，请求头之后、SignedHeaders 之前少了一个空行。",
        "The canonical request lacked the empty line between the headers and the names of the signed headers."),
    mistake(Acts::Text, "canonical-request-signed", |habits| habits.signs_canonical_request = true,
        "直接对规范化请求做了 HMAC；应先取 SHA-256，再拼成待签名字符串。",
        "The canonical request itself was signed; the string to sign must contain its SHA-256."),
    mistake(Acts::Key, "sha1", |habits| habits.digest = Some(|key, message| hex::encode(hmac_sha1(key, message))),
        "用了 HMAC-SHA1，ACS3 应使用 HMAC-SHA256。",
        "HMAC-SHA1 was used; ACS3 requires HMAC-SHA256."),
];

/// Parameters that programs often add after signing, so that they occur together with other mistakes.
#[rustfmt::skip]
static ADDED_LATER: &[Mistake] = &[
    mistake(Acts::Text, "", |habits| habits.leaves_out.push("SecurityToken".to_owned()), "", ""),
    mistake(Acts::Text, "", |habits| habits.leaves_out.push("RegionId".to_owned()), "", ""),
    mistake(Acts::Text, "", |habits| habits.leaves_out.push("Format".to_owned()), "", ""),
];

/// Bytes of signed text that each step of the search may build. A request with a picture would
/// otherwise take minutes.
const TRIED_MAX: usize = 64 << 20;

/// The mistakes, at most three, with which `secret` reproduces the request's signature. `None` if
/// no combination does; empty if the signature is correct. Of a request of which only a part may have been
/// read, one mistake is tried, and no parameter left out. `gbk` is the host's decoding of [`gbk_pairs`],
/// or empty.
pub(super) fn find(
    reading: &Reading,
    is_part: bool,
    scheme: SignatureVersion,
    method: Option<&str>,
    (given, secret): (&str, &Secret),
    gbk: &str,
) -> Option<Vec<Finding>> {
    let (given, difference) = signature_form::corrected(scheme, given);
    let found = find_all(reading, is_part, scheme, method, (given, secret), gbk)?;
    Some(found.into_iter().chain(difference).collect())
}

fn find_all(
    reading: &Reading,
    is_part: bool,
    scheme: SignatureVersion,
    method: Option<&str>,
    (given, secret): (String, &Secret),
    gbk: &str,
) -> Option<Vec<Finding>> {
    let own = match scheme {
        SignatureVersion::Rpc => RPC,
        SignatureVersion::Acs3 => ACS3,
    };
    let gbk = &gbk_of(reading, gbk);
    let message: &dyn Fn(&Habits) -> String = match scheme {
        SignatureVersion::Rpc => {
            let parts = RpcParts::of(reading, method);
            &move |habits: &Habits| rpc_message(&parts, habits, gbk)
        }
        SignatureVersion::Acs3 => {
            let parts = Acs3Parts::of(reading, method);
            &move |habits: &Habits| acs3_message(&parts, habits, gbk)
        }
    };
    let digest = match scheme {
        SignatureVersion::Rpc => rpc_digest,
        SignatureVersion::Acs3 => acs3_digest,
    };
    let keys = &Keys {
        secret,
        id: access_key_id(reading).unwrap_or_default(),
    };
    let search = Search {
        message,
        digest,
        keys,
        given,
    };
    let right = search.sign(&[]);
    if right == search.given {
        return Some(Vec::new());
    }
    // A mistake without effect on this request has none in combination either, except that
    // serialized JSON may contain spaces. Equivalent mistakes are reported under the name of the
    // first.
    let has_json = reading
        .parameters
        .iter()
        .any(|parameter| is_json(&parameter.value));
    let mut effective: Vec<&Mistake> = Vec::new();
    let mut seen = vec![right.clone()];
    let size = message(&Habits::default()).len();
    let mut tries = TRIED_MAX.checked_div(size).unwrap_or_default();
    for one in own.iter().chain(COMMON).take(tries) {
        tries = tries.saturating_sub(1);
        if one.rule == "gbk" && gbk.is_empty() {
            continue;
        }
        let signature = search.sign(&[one]);
        if signature == search.given {
            return Some(findings(&[one]));
        }
        if !seen.contains(&signature) {
            seen.push(signature);
            effective.push(one);
        } else if has_json && one.rule == "space-as-plus" || one.acts == Acts::Pass {
            effective.push(one);
        }
    }
    if is_part {
        return None;
    }
    for Parameter { name, .. } in reading.parameters.iter().take(tries) {
        let habits = Habits {
            leaves_out: vec![name.clone()],
            ..Habits::default()
        };
        if digest(&message(&habits), &habits, keys) == search.given {
            return Some(vec![left_out(name, reading.form)]);
        }
    }
    for one in ADDED_LATER {
        if search.sign(&[one]) != right {
            effective.push(one);
        }
    }
    let found = search.combined(&effective)?;
    let unsigned = habits_of(&found).leaves_out;
    let unsigned = unsigned.iter().map(|name| left_out(name, reading.form));
    Some(findings(&found).into_iter().chain(unsigned).collect())
}

/// The search for mistakes that reproduce a signature.
struct Search<'a> {
    message: &'a dyn Fn(&Habits) -> String,
    digest: fn(&str, &Habits, &Keys<'_>) -> String,
    keys: &'a Keys<'a>,
    /// The signature.
    given: String,
}

impl Search<'_> {
    fn sign(&self, mistakes: &[&Mistake]) -> String {
        let habits = habits_of(mistakes);
        (self.digest)(&(self.message)(&habits), &habits, self.keys)
    }

    /// Whether these mistakes reproduce the signature. `before` is the message with all of them except the last:
    /// mistakes in the key do not change the message, whose construction is most of the work.
    fn fits(&self, before: &str, mistakes: &[&Mistake]) -> bool {
        let signature = match mistakes.last() {
            Some(last) if last.acts == Acts::Key => {
                (self.digest)(before, &habits_of(mistakes), self.keys)
            }
            _ => self.sign(mistakes),
        };
        signature == self.given
    }

    /// The two or three mistakes that reproduce the signature together.
    fn combined<'m>(&self, mistakes: &[&'m Mistake]) -> Option<Vec<&'m Mistake>> {
        let (of_key, of_message): (Vec<&Mistake>, Vec<&Mistake>) = mistakes
            .iter()
            .partition(|mistake| mistake.acts == Acts::Key);
        let mistakes = [of_message, of_key].concat();
        let size = (self.message)(&Habits::default()).len();
        let mut tried = mistakes.len();
        for count in 2..=3_usize {
            let others = mistakes.len().saturating_sub(count).saturating_add(1);
            tried = tried.saturating_mul(others).checked_div(count)?;
            if tried.saturating_mul(size) > TRIED_MAX {
                return None;
            }
            if let Some(found) = self.extended(&[], &mistakes, count) {
                return Some(found);
            }
        }
        None
    }

    /// The mistakes that reproduce the signature: `first`, and `more` of the `others`.
    fn extended<'m>(
        &self,
        first: &[&'m Mistake],
        others: &[&'m Mistake],
        more: usize,
    ) -> Option<Vec<&'m Mistake>> {
        let message = (more == 1).then(|| (self.message)(&habits_of(first)));
        let is_encoder = |one: &Mistake| one.acts == Acts::Encoder;
        let has_encoder = first.iter().any(|one| is_encoder(one));
        others.iter().enumerate().find_map(|(at, next)| {
            if has_encoder && is_encoder(next) {
                return None;
            }
            let all = [first, &[*next]].concat();
            match &message {
                Some(message) => self.fits(message, &all).then_some(all),
                None => {
                    let later = others.get(at.checked_add(1)?..)?;
                    self.extended(&all, later, more.checked_sub(1)?)
                }
            }
        })
    }
}

fn habits_of(mistakes: &[&Mistake]) -> Habits {
    let mut habits = Habits::default();
    for mistake in mistakes {
        (mistake.make)(&mut habits);
    }
    habits
}

fn findings(mistakes: &[&Mistake]) -> Vec<Finding> {
    mistakes
        .iter()
        .filter(|mistake| !mistake.rule.is_empty())
        .map(|mistake| Finding::fatal(mistake.rule, mistake.text.clone()))
        .collect()
}

/// The mistake with this name.
pub(super) fn named(rule: &str) -> Option<Finding> {
    let mut all = RPC.iter().chain(ACS3).chain(COMMON);
    let mistake = all.find(|mistake| mistake.rule == rule)?;
    Some(Finding::fatal(mistake.rule, mistake.text.clone()))
}

/// The mistakes, at most two, that encode `value` as `encoded`.
pub(super) fn of_value(encoded: &str, value: &str) -> Option<Vec<Finding>> {
    // A value that was not encoded at all does not show which encoder keeps its characters.
    let is_plain = encoded == value;
    let is_of_values = |one: &&Mistake| {
        matches!(one.acts, Acts::Value | Acts::Encoder)
            && !(is_plain && ["encode-uri", "escape"].contains(&one.rule))
    };
    let of_values: Vec<&Mistake> = COMMON.iter().filter(is_of_values).collect();
    let made = |mistakes: &[&Mistake]| encode(value, &habits_of(mistakes), &[]) == encoded;
    if let Some(one) = of_values.iter().find(|one| made(&[one])) {
        return Some(findings(&[one]));
    }
    for (at, first) in of_values.iter().enumerate() {
        let later = of_values.iter().skip(at.saturating_add(1));
        for second in
            later.filter(|second| first.acts != Acts::Encoder || second.acts != Acts::Encoder)
        {
            if made(&[first, second]) {
                return Some(findings(&[first, second]));
            }
        }
    }
    None
}

fn left_out(name: &str, form: Form) -> Finding {
    let text = if matches!(form, Form::Lines | Form::Json) {
        Text::composed(
            format!(
                "粘贴的内容里有 {name}，但它没有参与签名：要么它不是请求的参数，要么是签名之后才加上的。"
            ),
            format!(
                "{name} is in the pasted text but was not signed: either it is not a parameter of the request, or it was added after signing."
            ),
        )
    } else {
        Text::composed(
            format!("参数 {name} 发出去了却没有参与签名：通常是签名之后才加上的。"),
            format!(
                "Parameter {name} was sent but not signed; most likely it was added after signing."
            ),
        )
    };
    Finding::fatal("parameter-not-signed", text)
}

fn rpc_message(parts: &RpcParts, habits: &Habits, gbk: &Gbk) -> String {
    let kept = parts
        .parameters
        .iter()
        .filter(|parameter| habits.leaves_out_place != Some(parameter.place));
    let own = habits.signs_signature.then_some(("Signature", ""));
    let query = query(
        kept.map(|parameter: &Parameter| pair(parameter)).chain(own),
        habits,
        gbk,
    );
    let path = if habits.plain_slash { "/" } else { "%2F" };
    let query = if habits.encodes_once {
        query
    } else if habits.second_encoding_is_right {
        encode(&query, &Habits::default(), gbk)
    } else {
        encode(&query, habits, gbk)
    };
    [method(&parts.method, habits).as_str(), path, &query].join("&")
}

fn rpc_digest(message: &str, habits: &Habits, keys: &Keys<'_>) -> String {
    let key = key(keys, habits, !habits.ampersand_is_wrong);
    let digest = habits
        .digest
        .unwrap_or(|key, message| STANDARD.encode(hmac_sha1(key, message)));
    digest(key.expose().as_bytes(), message.as_bytes())
}

fn acs3_message(parts: &Acs3Parts, habits: &Habits, gbk: &Gbk) -> String {
    let pairs = parts
        .query
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let payload_hash = if habits.hashes_nothing_of_the_body {
        &acs3::hex_sha256(b"")
    } else {
        &parts.payload_hash
    };
    let (mut request, signed_headers) = acs3::canonical_request(&acs3::Canonical {
        method: &method(&parts.method, habits),
        uri: &parts.uri,
        query: &query(pairs, habits, gbk),
        headers: &parts.headers,
        payload_hash,
    });
    if habits.misses_empty_line {
        let end = [&signed_headers, "\n", payload_hash].concat();
        let before = request.strip_suffix(&end);
        if let Some(before) = before.and_then(|before| before.strip_suffix('\n')) {
            request = [before, &end].concat();
        }
    }
    if habits.signs_canonical_request {
        request
    } else {
        acs3::string_to_sign(&request)
    }
}

fn acs3_digest(message: &str, habits: &Habits, keys: &Keys<'_>) -> String {
    let key = key(keys, habits, habits.ampersand_is_wrong);
    let digest = habits
        .digest
        .unwrap_or(|key, message| hex::encode(hmac_sha256(key, message)));
    digest(key.expose().as_bytes(), message.as_bytes())
}

fn query<'a>(
    pairs: impl Iterator<Item = (&'a str, &'a str)>,
    habits: &Habits,
    gbk: &Gbk,
) -> String {
    let mut pairs: Vec<(&str, &str)> = pairs
        .filter(|(name, value)| {
            let is_dropped = habits.drops_empty && value.is_empty();
            !habits.leaves_out.iter().any(|one| one == name) && !is_dropped
        })
        .collect();
    let in_lower_case = |name: &str| name.to_ascii_lowercase();
    match habits.order {
        Order::AsTheyStand => {}
        // One sort for both orders: each has kilobytes of code.
        order => pairs.sort_unstable_by(|a, b| match order {
            Order::IgnoringCase => in_lower_case(a.0).cmp(&in_lower_case(b.0)).then(a.cmp(b)),
            _ => a.cmp(b),
        }),
    }
    let written: Vec<String> = pairs
        .into_iter()
        .map(|(name, value)| {
            let again = habits.json.as_ref().and_then(|json| rewritten(value, json));
            let value = encode(again.as_deref().unwrap_or(value), habits, gbk);
            let value = if habits.encodes_values_twice {
                encode(&value, habits, gbk)
            } else {
                value
            };
            [encode(name, habits, gbk), value].join("=")
        })
        .collect();
    written.join("&")
}

fn encode(text: &str, habits: &Habits, gbk: &Gbk) -> String {
    if habits.encodes_nothing {
        return text.to_owned();
    }
    let mut encoded = String::with_capacity(text.len().saturating_mul(3));
    let mut rest = text;
    loop {
        // A picture is mostly letters and digits, which no program encodes.
        let plain = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
        let (run, others) = rest.split_at_checked(plain).unwrap_or((rest, ""));
        encoded.push_str(run);
        let mut others = others.chars();
        let Some(character) = others.next() else {
            break;
        };
        rest = others.as_str();
        match character {
            ' ' if habits.space_is_plus => encoded.push('+'),
            character if is_kept(character, habits) => encoded.push(character),
            character => {
                let charset = if character.is_ascii() {
                    Charset::Utf8
                } else {
                    habits.charset
                };
                write_escaped(&mut encoded, character, charset, gbk);
            }
        }
    }
    if habits.lower_case_escapes {
        encoded = lower_case_escapes(&encoded);
    }
    encoded
}

fn is_kept(character: char, habits: &Habits) -> bool {
    match character {
        '~' => !habits.escapes_tilde,
        '-' | '_' | '.' => true,
        character => character.is_ascii_alphanumeric() || habits.keeps.contains(character),
    }
}

fn write_escaped(encoded: &mut String, character: char, charset: Charset, gbk: &Gbk) {
    match charset {
        Charset::Utf8 => escape(encoded, character.encode_utf8(&mut [0; 4]).as_bytes()),
        Charset::QuestionMark => escape(encoded, b"?"),
        Charset::Gbk => match gbk.iter().find(|(known, _)| *known == character) {
            Some((_, bytes)) => escape(encoded, bytes),
            None => escape(encoded, b"?"),
        },
        Charset::Escape => {
            for unit in character.encode_utf16(&mut [0; 2]) {
                if let Ok(byte) = u8::try_from(*unit) {
                    escape(encoded, &[byte]);
                } else {
                    encoded.push_str(&format!("%u{unit:04X}"));
                }
            }
        }
    }
}

fn escape(encoded: &mut String, bytes: &[u8]) {
    encoded.extend(bytes.iter().copied().map(percent_encode_byte));
}

/// Characters and their bytes in GBK.
type Gbk = [(char, [u8; 2])];

/// All byte pairs that may be a GBK character, one per line. The host decodes them, because its
/// table is larger than this module.
pub fn gbk_pairs() -> Vec<u8> {
    let pairs = gbk_each().flat_map(|[first, second]| [first, second, b'\n']);
    pairs.collect()
}

fn gbk_each() -> impl Iterator<Item = [u8; 2]> {
    (0x81..=0xFE).flat_map(|first| (0x40..=0xFE).map(move |second| [first, second]))
}

/// The characters of a request that GBK contains, from the decoded [`gbk_pairs`].
fn gbk_of(reading: &Reading, decoded: &str) -> Vec<(char, [u8; 2])> {
    let mut found: Vec<(char, [u8; 2])> = Vec::new();
    if decoded.is_empty() {
        return found;
    }
    let values = reading
        .parameters
        .iter()
        .map(|parameter| parameter.value.as_str());
    let wanted: Vec<char> = values
        .flat_map(str::chars)
        .filter(|character| !character.is_ascii())
        .collect();
    for (pair, line) in gbk_each().zip(decoded.split('\n')) {
        let mut characters = line.chars();
        if let (Some(character), None) = (characters.next(), characters.next())
            && wanted.contains(&character)
        {
            found.push((character, pair));
        }
    }
    found
}

fn is_json(text: &str) -> bool {
    text.starts_with(['{', '[']) && serde_json::from_str::<Value>(text).is_ok()
}

/// Serializes JSON again; `None` if the text is not JSON.
fn rewritten(text: &str, json: &Json) -> Option<String> {
    if !is_json(text) {
        return None;
    }
    // `Value` sorts the members.
    let sorted = if json.sorted {
        serde_json::from_str::<Value>(text).ok()?.to_string()
    } else {
        text.to_owned()
    };
    let mut written = String::with_capacity(sorted.len());
    let mut rest = sorted.as_str();
    while let Some(character) = rest.chars().next() {
        let length = if character == '"' {
            let length = literal_length(rest);
            let literal: String = serde_json::from_str(rest.get(..length)?).ok()?;
            write_literal(&mut written, &literal, json);
            length
        } else {
            match character {
                ',' => written.push_str(json.comma),
                ':' => written.push_str(json.colon),
                character if character.is_ascii_whitespace() => {}
                character => written.push(character),
            }
            character.len_utf8()
        };
        rest = rest.get(length..)?;
    }
    Some(written)
}

/// The length of the string at the start of `text`, including its quotes.
fn literal_length(text: &str) -> usize {
    let end = text.strip_prefix('"').and_then(answer::end_of_string);
    end.map_or(text.len(), |end| end.saturating_add(2))
}

fn write_literal(written: &mut String, literal: &str, json: &Json) {
    let quoted = Value::from(literal).to_string();
    for character in quoted.chars() {
        match character {
            '/' => written.push_str(json.slash),
            '<' | '>' | '&' if json.html => {
                written.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            character if json.ascii && !character.is_ascii() => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    written.push_str(&format!("\\u{unit:04x}"));
                }
            }
            character => written.push(character),
        }
    }
}

fn lower_case_escapes(encoded: &str) -> String {
    let mut left = 0_u8;
    encoded
        .chars()
        .map(|character| {
            if character == '%' {
                left = 2;
            } else if left > 0 {
                left = left.saturating_sub(1);
                return character.to_ascii_lowercase();
            }
            character
        })
        .collect()
}

fn method(method: &str, habits: &Habits) -> String {
    let method = match (habits.other_method, method) {
        (true, "GET") => "POST",
        (true, _) => "GET",
        (false, method) => method,
    };
    if habits.lower_case_method {
        method.to_ascii_lowercase()
    } else {
        method.to_owned()
    }
}

/// What a program may take for the AccessKeySecret.
struct Keys<'a> {
    secret: &'a Secret,
    id: &'a str,
}

fn key(keys: &Keys<'_>, habits: &Habits, ampersand: bool) -> Secret {
    let secret = keys.secret.expose();
    let mut key = match habits.key {
        Some(key) => key(secret, keys.id),
        None => secret.to_owned(),
    };
    if ampersand {
        key.push('&');
    }
    Secret::new(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::calculation::calculate;
    use crate::lab::reading::read;

    // Every mistake changes the signature of this request.
    const REQUEST: &str = "POST /?Format=JSON&RegionId=cn-hangzhou&a=1&UserId= HTTP/1.1\n\
        Host: cloudauth.aliyuncs.com\nx-acs-date: d\n\n\
        AccessKeyId=k&SecurityToken=t%2Fk&CertName=%E5%BC%A0+%2A~%21%27%28%40&SceneId=1&Action=X&\
        MetaInfo=%7B%22b%22%3A%20%22%2F%3C%E5%BC%A0%22%2C%20%22a%22%3A1%7D";

    /// What a host returns for those pairs that the request needs.
    fn gbk() -> String {
        let lines = gbk_each().map(|pair| {
            if pair == [0xD5, 0xC5] {
                "张\n"
            } else {
                "\u{FFFD}\n"
            }
        });
        lines.collect()
    }

    fn rpc_signature(parts: &RpcParts, habits: &Habits, secret: &Secret, gbk: &Gbk) -> String {
        let keys = Keys { secret, id: "k" };
        rpc_digest(&rpc_message(parts, habits, gbk), habits, &keys)
    }

    fn acs3_signature(parts: &Acs3Parts, habits: &Habits, secret: &Secret, gbk: &Gbk) -> String {
        let keys = Keys { secret, id: "k" };
        acs3_digest(&acs3_message(parts, habits, gbk), habits, &keys)
    }

    fn find(
        reading: &Reading,
        scheme: SignatureVersion,
        secret: &Secret,
        gbk: &str,
    ) -> Option<Vec<Finding>> {
        let given = reading.given_signature(scheme)?.replace(' ', "+");
        super::find(reading, false, scheme, None, (&given, secret), gbk)
    }

    fn rules(scheme: SignatureVersion, secret: &str, signature: &str) -> Option<Vec<&'static str>> {
        let mut reading = read(REQUEST).unwrap();
        match scheme {
            SignatureVersion::Rpc => reading.parameters.push(Parameter {
                name: "Signature".to_owned(),
                value: signature.to_owned(),
                place: Place::Form,
            }),
            SignatureVersion::Acs3 => {
                reading.headers.push((
                    "Authorization".to_owned(),
                    acs3::authorization("k", "host;x-acs-date", signature),
                ));
            }
        }
        let found = find(&reading, scheme, &Secret::new(secret), &gbk())?;
        Some(found.into_iter().map(|finding| finding.rule).collect())
    }

    #[test]
    fn a_right_signature_has_no_mistake() {
        let reading = read(REQUEST).unwrap();
        for scheme in [SignatureVersion::Rpc, SignatureVersion::Acs3] {
            let stages = calculate(&reading, scheme, None, Some(&Secret::new("secret")));
            // A signature that was sent with an unencoded + still counts as correct.
            let sent = stages.signature().unwrap().replace('+', " ");
            assert_eq!(rules(scheme, "secret", &sent), Some(vec![]));
            assert_eq!(rules(scheme, "another", &sent), None);
        }
    }

    #[test]
    fn every_mistake_and_every_pair_is_found_out() {
        let reading = read(REQUEST).unwrap();
        let secret = Secret::new(" secret ");
        let parts = RpcParts::of(&reading, None);
        let all = RPC.iter().chain(COMMON);
        let all: Vec<_> = all.filter(|one| one.acts != Acts::Pass).collect();
        for (at, first) in all.iter().enumerate() {
            let signature = rpc_signature(
                &parts,
                &habits_of(&[first]),
                &secret,
                &gbk_of(&reading, &gbk()),
            );
            assert_eq!(
                rules(SignatureVersion::Rpc, " secret ", &signature),
                Some(vec![first.rule])
            );
            for second in &all[at + 1..] {
                if first.acts == Acts::Encoder && second.acts == Acts::Encoder {
                    continue; // no program encodes with two functions
                }
                // Two mistakes may cancel each other out or equal a third, but they are always
                // explained.
                let signature = rpc_signature(
                    &parts,
                    &habits_of(&[first, second]),
                    &secret,
                    &gbk_of(&reading, &gbk()),
                );
                let found = rules(SignatureVersion::Rpc, " secret ", &signature)
                    .unwrap_or_else(|| panic!("{} {}", first.rule, second.rule));
                assert!(found.len() <= 2, "{} {}", first.rule, second.rule);
            }
        }
    }

    #[test]
    fn a_large_request_is_searched_for_one_mistake_only() {
        let picture = "A".repeat(200_000);
        let unsigned = format!("{REQUEST}&Picture={picture}");
        let parts = RpcParts::of(&read(&unsigned).unwrap(), None);
        let found = |rules: &[&str]| {
            let own = RPC.iter().chain(COMMON);
            let made: Vec<_> = own.filter(|one| rules.contains(&one.rule)).collect();
            let secret = Secret::new("secret");
            let signature = rpc_signature(&parts, &habits_of(&made), &secret, &Vec::new());
            let mut reading = read(&unsigned).unwrap();
            reading.parameters.push(Parameter {
                name: "Signature".to_owned(),
                value: signature,
                place: Place::Form,
            });
            let found = find(&reading, SignatureVersion::Rpc, &secret, "")?;
            Some(found.iter().map(|finding| finding.rule).collect::<Vec<_>>())
        };
        assert_eq!(found(&["asterisk-kept"]), Some(vec!["asterisk-kept"]));
        assert_eq!(found(&["asterisk-kept", "other-method"]), None);
    }

    #[test]
    fn a_huge_request_is_not_searched_for_every_mistake() {
        let unsigned = format!("{REQUEST}&Picture={}", "A".repeat(15_000_000));
        let mut reading = read(&unsigned).unwrap();
        let secret = Secret::new("secret");
        let parts = RpcParts::of(&reading, None);
        let last = COMMON.iter().find(|one| one.rule == "key-is-id");
        let signature = rpc_signature(&parts, &habits_of(&[last.unwrap()]), &secret, &Vec::new());
        reading.parameters.push(Parameter {
            name: "Signature".to_owned(),
            value: signature,
            place: Place::Form,
        });
        assert!(find(&reading, SignatureVersion::Rpc, &secret, "").is_none());
    }

    #[test]
    fn every_mistake_under_acs3_is_found_out() {
        let mut reading = read(REQUEST).unwrap();
        reading.headers.push((
            "Authorization".to_owned(),
            acs3::authorization("k", "host;x-acs-date", ""),
        ));
        reading.parameters.push(Parameter {
            name: "CertName".to_owned(),
            value: "张 *~!'(@/".to_owned(),
            place: Place::Query,
        });
        reading.parameters.push(Parameter {
            name: "MetaInfo".to_owned(),
            value: "{\"b\": \"/<张\", \"a\":1}".to_owned(),
            place: Place::Query,
        });
        let secret = Secret::new(" secret ");
        let parts = Acs3Parts::of(&reading, None);
        for mistake in ACS3.iter().chain(COMMON) {
            let signature = acs3_signature(
                &parts,
                &habits_of(&[mistake]),
                &secret,
                &gbk_of(&reading, &gbk()),
            );
            let mut sent = reading.clone();
            sent.headers.pop();
            sent.headers.push((
                "Authorization".to_owned(),
                acs3::authorization("k", "host;x-acs-date", &signature),
            ));
            let found = find(&sent, SignatureVersion::Acs3, &secret, &gbk()).unwrap();
            let rules: Vec<_> = found.iter().map(|finding| finding.rule).collect();
            assert_eq!(rules, [mistake.rule]);
        }
    }
}
