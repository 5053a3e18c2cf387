// Written by `npm run generate` from the tables in src/actions/. Change them there.

/** A 64-bit integer: pass numbers above `Number.MAX_SAFE_INTEGER` as bigint or string. */
export type SceneId = number | bigint | string;

/** Parameters of InitFaceVerify: Alibaba Cloud's names, in camelCase. */
export interface InitFaceVerifyParameters {
  /**
   * The scene from the Alibaba Cloud console. A positive 64-bit integer.
   *
   * 认证场景 ID，在阿里云控制台中创建。64 位正整数。
   */
  sceneId: SceneId;
  /**
   * The unique order number: for example a prefix, the time, and random or ascending digits. Generate one with
   * `newOuterOrderNo`. 32 letters and digits.
   *
   * 商户请求的唯一标识。前几位可为自定义的简称，中间可为时间，后段可为随机或递增序列。可由 newOuterOrderNo 生成。32 位字母和数字。
   */
  outerOrderNo: string;
  /**
   * The product. `LR_FR` checks that a face is live; it does not check that name and number are genuine or belong
   * to the face. Other products require the option `allowOtherProducts`. Default `LR_FR`.
   *
   * 产品。LR_FR 只检测活体，不核实姓名和证件号码是否真实、是否属于该人。其他产品须开启 allowOtherProducts 选项。默认为 LR_FR。
   */
  productCode?: "LR_FR" | "ID_PRO" | "ID_PLUS" | "PV_FV" | (string & Record<never, never>) | undefined;
  /**
   * The kind of liveness detection. `LIVENESS`: by actions; `PHOTINUS_LIVENESS`: by actions and coloured light,
   * from Android SDK 1.2.6 and iOS SDK 1.2.4.
   *
   * 活体检测类型。LIVENESS：动作活体检测；PHOTINUS_LIVENESS：动作活体与炫彩活体双重检测，须使用 Android SDK 1.2.6、iOS SDK 1.2.4 或更高版本。
   */
  model?:
    | "LIVENESS"
    | "PHOTINUS_LIVENESS"
    | "MULTI_ACTION"
    | "MOVE_ACTION"
    | "MOVE_PHOTINUS"
    | "MULTI_FAPTCHA"
    | (string & Record<never, never>)
    | undefined;
  /**
   * Your unique ID for the user. Recommended. At most 100 characters. Mandatory for `PV_FV`.
   *
   * 客户业务自定义的用户 ID，请保持唯一。建议传入。最多 100 个字符。PV_FV 必填。
   */
  userId?: string | undefined;
  /**
   * The type of the certificate. Default `IDENTITY_CARD`.
   *
   * 证件类型。默认为 IDENTITY_CARD。
   */
  certType?: "IDENTITY_CARD" | (string & Record<never, never>) | undefined;
  /**
   * The name on the identity card. Personal data. A name by the national standard; with Latin letters only for a
   * foreign permanent resident card. Mandatory for `ID_PRO`.
   *
   * 真实姓名。个人信息。符合国家标准的姓名；只有外国人永久居留身份证可含英文字母。ID_PRO 必填。
   */
  certName?: string | undefined;
  /**
   * The number of the identity card. Personal data. 18 characters with a valid check digit. Mandatory for
   * `ID_PRO`.
   *
   * 证件号码。个人信息。18 位，含校验码。ID_PRO 必填。
   */
  certNo?: string | undefined;
  /**
   * The environment's description from Alibaba Cloud's client SDK, unchanged. Personal data. The text of a JSON
   * object, at most 262144 bytes in UTF-8. Mandatory for `LR_FR`, `ID_PRO`, `PV_FV`.
   *
   * 环境参数，由客户端 SDK 获取，请原样传入。个人信息。JSON 对象字符串，最多 262144 字节（UTF-8）。LR_FR、ID_PRO、PV_FV 必填。
   */
  metaInfo?: string | undefined;
  /**
   * The user's mobile number. Personal data. 11 digits, with or without +86.
   *
   * 用户手机号码。个人信息。11 位数字，可带 +86。
   */
  mobile?: string | undefined;
  /**
   * The user's IP address. Personal data. An IPv4 or IPv6 address.
   *
   * 用户 IP。个人信息。IPv4 或 IPv6 地址。
   */
  ip?: string | undefined;
  /**
   * Where the browser goes after a verification on a web page. An absolute HTTPS or HTTP URL of at most 2048
   * bytes.
   *
   * 网页认证结束后返回的地址。https:// 或 http:// 开头的完整地址，最多 2048 字节。
   */
  returnUrl?: string | undefined;
  /**
   * Where Alibaba Cloud reports the end of the verification (GET). An absolute HTTPS URL of at most 2048 bytes.
   *
   * 阿里云报告认证结束的地址（GET 请求）。https:// 开头的完整地址，最多 2048 字节。
   */
  callbackUrl?: string | undefined;
  /**
   * Your own token, which the callback returns. At most 256 characters.
   *
   * 回调中原样返回的令牌。最多 256 个字符。
   */
  callbackToken?: string | undefined;
  /**
   * The type of the verification's web page, for the web SDK only.
   *
   * 认证网页的类型，仅用于 Web SDK。
   */
  certifyUrlType?: "WEB" | "H5" | undefined;
  /**
   * The form of the web page's URL: `L` is long, `S` is short (Alibaba Cloud's default).
   *
   * 认证网页地址的样式：L 为长地址，S 为短地址（阿里云的默认值）。
   */
  certifyUrlStyle?: "L" | "S" | undefined;
  /**
   * The photo to compare with, which can be passed in only one way. Personal data. Base64 of a picture smaller
   * than 1 MB, at most 1548576 characters.
   *
   * 比对照片。照片只能以一种方式传入。个人信息。小于 1 MB 的图片的 Base64，最多 1548576 个字符。
   */
  faceContrastPicture?: string | undefined;
  /**
   * URL of the photo to compare with. An absolute HTTPS or HTTP URL of at most 2048 bytes.
   *
   * 比对照片的地址。https:// 或 http:// 开头的完整地址，最多 2048 字节。
   */
  faceContrastPictureUrl?: string | undefined;
  /**
   * OSS bucket of the photo to compare with; goes with `ossObjectName`. At most 255 characters.
   *
   * 比对照片所在的 OSS Bucket，与 ossObjectName 同时传入。最多 255 个字符。
   */
  ossBucketName?: string | undefined;
  /**
   * OSS object of the photo to compare with; goes with `ossBucketName`. At most 1023 characters.
   *
   * 比对照片的 OSS 对象名，与 ossBucketName 同时传入。最多 1023 个字符。
   */
  ossObjectName?: string | undefined;
  /**
   * An earlier verification that passed, whose photo to compare with. Deprecated by Alibaba Cloud. At most 256
   * characters.
   *
   * 此前已通过的认证，以其照片比对。阿里云已不建议使用。最多 256 个字符。
   */
  certifyId?: string | undefined;
  /**
   * Whether to crop the photo: `T` means yes, `F` no (Alibaba Cloud's default).
   *
   * 是否裁剪比对照片：T 为是，F 为否（阿里云的默认值）。
   */
  crop?: "T" | "F" | undefined;
  /**
   * Id of an authorization. At most 64 characters.
   *
   * 授权 ID。最多 64 个字符。
   */
  authId?: string | undefined;
  /**
   * Encryption. `SM2`: `certName` and `certNo` are encrypted with SM2.
   *
   * 加密方式。SM2：certName 和 certNo 为 SM2 密文。
   */
  encryptType?: "SM2" | undefined;
  /**
   * Texts for the user to read aloud, or questions to answer. A JSON list of strings.
   *
   * 供用户朗读的文字或回答的问题。JSON 字符串数组。
   */
  voluntaryCustomizedContent?: string | undefined;
  /**
   * Only with the models `LIVENESS` and `MULTI_ACTION`; Alibaba Cloud's default is `0`.
   *
   * 适用类型，仅用于 model 为 LIVENESS 或 MULTI_ACTION 时；阿里云的默认值为 0。
   */
  suitableType?: "0" | "1" | "2" | undefined;
  /**
   * Handling of unsupported devices; Alibaba Cloud's default is `url`.
   *
   * 设备不支持时的处理方式；阿里云的默认值为 url。
   */
  procedurePriority?: "keep" | "url" | "video" | undefined;
  /**
   * The source of a passport's data: `1` is the user, `3` is the caller.
   *
   * 读取护照的方式：1 为用户输入，3 为外部传入。
   */
  mode?: "1" | "3" | undefined;
  /**
   * Alibaba Cloud's API metadata only lists the values.
   *
   * 阿里云的 API 元数据仅列出取值。
   */
  readImg?: "Y" | "N" | undefined;
  /**
   * The date of birth, for certType `PASSPORT` with mode `3`. Personal data. A date as yyyy-MM-dd.
   *
   * 出生日期，certType 为 PASSPORT 且 mode 为 3 时使用。个人信息。yyyy-MM-dd 形式的日期。
   */
  birthday?: string | undefined;
  /**
   * The certificate's validity date, for certType `PASSPORT` with mode `3`. Personal data. A date as yyyy-MM-dd.
   *
   * 证件有效期，certType 为 PASSPORT 且 mode 为 3 时使用。个人信息。yyyy-MM-dd 形式的日期。
   */
  validityDate?: string | undefined;
  /**
   * `DeviceRisk`: also report risks of the device, at extra cost. At most 64 characters.
   *
   * DeviceRisk：同时返回设备风险，另行计费。最多 64 个字符。
   */
  faceGuardOutput?: string | undefined;
  /**
   * Alibaba Cloud's API metadata only lists the values.
   *
   * 阿里云的 API 元数据仅列出取值。
   */
  rarelyCharacters?: "Y" | "N" | undefined;
  /**
   * URL of a custom user interface. An absolute HTTPS or HTTP URL of at most 2048 bytes.
   *
   * 自定义界面的地址。https:// 或 http:// 开头的完整地址，最多 2048 字节。
   */
  uiCustomUrl?: string | undefined;
  /**
   * Alibaba Cloud's API metadata only lists the values.
   *
   * 阿里云的 API 元数据仅列出取值。
   */
  videoEvidence?: "true" | "false" | undefined;
  /**
   * From Android SDK 2.3.24; Alibaba Cloud's API metadata only lists the values.
   *
   * 用于 Android SDK 2.3.24 或更高版本；阿里云的 API 元数据仅列出取值。
   */
  appQualityCheck?: "Y" | "N" | undefined;
  /**
   * On computers only; Alibaba Cloud's API metadata only lists the values.
   *
   * 仅用于电脑；阿里云的 API 元数据仅列出取值。
   */
  cameraSelection?: "Y" | "N" | undefined;
  /**
   * Alibaba Cloud's API metadata only lists the values.
   *
   * 阿里云的 API 元数据仅列出取值。
   */
  needMultiFaceCheck?: "Y" | "N" | undefined;
  /**
   * Alibaba Cloud's API metadata only lists the values.
   *
   * 阿里云的 API 元数据仅列出取值。
   */
  h5DegradeConfirmBtn?: "Y" | "N" | undefined;
  /**
   * `Y` or `N`, according to Alibaba Cloud's documentation. At most 16 characters.
   *
   * 取值 Y 或 N，见阿里云文档。最多 16 个字符。
   */
  enableBeauty?: string | undefined;
}

/** Parameters of DescribeFaceVerify: Alibaba Cloud's names, in camelCase. */
export interface DescribeFaceVerifyParameters {
  /**
   * The scene of the verification. A positive 64-bit integer.
   *
   * 认证场景 ID，与发起认证时相同。64 位正整数。
   */
  sceneId: SceneId;
  /**
   * The result of InitFaceVerify, from your own records and never from the phone. At most 256 characters.
   *
   * 实人认证唯一标识，由 InitFaceVerify 返回。请从自己的记录中读取，不要使用手机传来的值。最多 256 个字符。
   */
  certifyId: string;
  /**
   * The picture's format, such as `JPG`; Alibaba Cloud does not document it further. At most 16 characters.
   *
   * 返回照片的格式，如 JPG；阿里云没有更多说明。最多 16 个字符。
   */
  pictureReturnType?: string | undefined;
}
