import com.aliyuncs.AcsRequest;
import com.aliyuncs.DefaultAcsClient;
import com.aliyuncs.IAcsClient;
import com.aliyuncs.cloudauth.model.v20190307.DescribeFaceVerifyRequest;
import com.aliyuncs.cloudauth.model.v20190307.DescribeFaceVerifyResponse;
import com.aliyuncs.cloudauth.model.v20190307.InitFaceVerifyRequest;
import com.aliyuncs.cloudauth.model.v20190307.InitFaceVerifyResponse;
import com.aliyuncs.exceptions.ClientException;
import com.aliyuncs.http.ProtocolType;
import com.aliyuncs.profile.DefaultProfile;
import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;

/**
 * A backend with two routes for its app: start a verification, and return its result. It uses the official SDK as
 * before, with the gateway's endpoint and key pair, from GATEWAY_URL, GATEWAY_KEY_ID and GATEWAY_KEY_SECRET; the
 * defaults are those of `npm start`.
 */
public class Service {
  static final URI GATEWAY = URI.create(setting("GATEWAY_URL", "http://127.0.0.1:8787"));
  static final IAcsClient CLIENT = new DefaultAcsClient(DefaultProfile.getProfile(
      "cn-hangzhou",
      setting("GATEWAY_KEY_ID", "dev-key-id"),
      setting("GATEWAY_KEY_SECRET", "dev-key-secret")));
  static final long SCENE_ID = Long.parseLong(setting("CLOUDAUTH_SCENE_ID", "1000000006"));
  static final Gson GSON = new Gson();

  /** The owner and the CertifyId of each order. A real backend stores them in its database. */
  record Order(String userId, String certifyId) {}

  static final Map<String, Order> ORDERS = new ConcurrentHashMap<>();

  record Answer(int status, Map<String, String> body) {}

  /** The app's request. */
  record Person(String certName, String certNo, String metaInfo) {}

  /** Null unless the text is a JSON object. */
  static JsonObject object(String text) {
    try {
      JsonElement json = GSON.fromJson(text, JsonElement.class);
      return json != null && json.isJsonObject() ? json.getAsJsonObject() : null;
    } catch (JsonParseException error) {
      return null;
    }
  }

  /** Null unless all fields are present. */
  static Person person(String body) {
    JsonObject fields = object(body);
    if (fields == null) return null;
    for (String name : List.of("certName", "certNo", "metaInfo")) {
      if (!fields.has(name) || !fields.get(name).isJsonPrimitive()) return null;
    }
    return new Person(
        fields.get("certName").getAsString(),
        fields.get("certNo").getAsString(),
        fields.get("metaInfo").getAsString());
  }

  /** What the user must correct before anything is sent; null if nothing is wrong. */
  static String mistyped(Person person) {
    if (person.certName().isBlank() || person.certName().matches(".*[A-Za-z0-9*\\s].*")) return "姓名须与证件一致，请核对";
    return isCertNo(person.certNo()) ? null : "证件号码有误，请核对";
  }

  /** Whether it is 17 digits with the right check character. */
  static boolean isCertNo(String certNo) {
    if (!certNo.matches("[0-9]{17}[0-9Xx]")) return false;
    int sum = 0;
    for (int at = 0; at < 17; at++) sum += Character.digit(certNo.charAt(at), 10) << (17 - at);
    return "10X98765432".charAt(sum % 11) == Character.toUpperCase(certNo.charAt(17));
  }

  static Answer start(String userId, Person person) throws ClientException {
    String problem = mistyped(person);
    if (problem != null) return new Answer(422, Map.of("message", problem));
    if (object(person.metaInfo()) == null) return new Answer(400, Map.of("message", "metaInfo 有误"));
    String outerOrderNo = UUID.randomUUID().toString().replace("-", "");
    InitFaceVerifyRequest request = throughGateway(new InitFaceVerifyRequest());
    request.setSceneId(SCENE_ID);
    request.setOuterOrderNo(outerOrderNo);
    request.setProductCode("LR_FR");
    request.setCertType("IDENTITY_CARD");
    request.setUserId(userId);
    request.setCertName(person.certName());
    request.setCertNo(person.certNo());
    request.setMetaInfo(person.metaInfo());

    InitFaceVerifyResponse response = CLIENT.getAcsResponse(request);
    if (!"200".equals(response.getCode())) return refused(response.getCode(), response.getRequestId());
    String certifyId = response.getResultObject().getCertifyId();
    ORDERS.put(outerOrderNo, new Order(userId, certifyId));
    return new Answer(201, Map.of("outerOrderNo", outerOrderNo, "certifyId", certifyId));
  }

  static Answer result(String userId, String outerOrderNo) throws ClientException {
    Order order = ORDERS.get(outerOrderNo);
    // Another user's order looks like an unknown one.
    if (order == null || !order.userId().equals(userId)) return new Answer(404, Map.of("message", "没有这笔订单"));
    DescribeFaceVerifyRequest request = throughGateway(new DescribeFaceVerifyRequest());
    request.setSceneId(SCENE_ID);
    request.setCertifyId(order.certifyId());

    DescribeFaceVerifyResponse response = CLIENT.getAcsResponse(request);
    String code = response.getCode();
    // The user has not finished: not an error.
    if (code.equals("403") || code.equals("424")) return new Answer(200, Map.of("status", "pending"));
    if (!code.equals("200")) return refused(code, response.getRequestId());
    boolean passed = "T".equals(response.getResultObject().getPassed());
    return new Answer(200, Map.of("status", passed ? "passed" : "rejected"));
  }

  /** Only the endpoint and the time limit differ from a direct call to Alibaba Cloud. */
  static <T extends AcsRequest<?>> T throughGateway(T request) {
    request.setSysEndpoint(GATEWAY.getAuthority());
    request.setSysProtocol(ProtocolType.valueOf(GATEWAY.getScheme().toUpperCase()));
    // The gateway calls Alibaba Cloud for up to 35 seconds.
    request.setSysReadTimeout(40_000);
    return request;
  }

  /** Reports to the user what the user can correct; the rest concerns the operator. */
  static Answer refused(String code, String requestId) {
    System.err.println("Code " + code + ", RequestId " + requestId);
    return switch (code) {
      // What only the gateway checks, such as the kind of document; or the operator's callback URL.
      case "401" -> new Answer(422, Map.of("message", "请核对姓名与证件号码；如无误，请联系客服"));
      case "405" -> new Answer(422, Map.of("message", "未满 14 周岁不能使用刷脸认证，请联系客服"));
      case "414", "416" -> new Answer(422, Map.of("message", "当前设备或系统不支持刷脸认证，请升级系统或更换设备"));
      case "415" -> new Answer(422, Map.of("message", "App 版本过低，请更新 App 后重试"));
      case "417", "427" -> new Answer(422, Map.of("message", "暂时无法完成认证，请联系客服"));
      case "418" -> new Answer(422, Map.of("message", "今天认证次数过多，请明天再试"));
      default -> new Answer(502, Map.of("message", "认证服务暂不可用，请稍后再试"));
    };
  }

  public static void main(String[] arguments) throws IOException {
    int port = Integer.parseInt(setting("PORT", "3000"));
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
    server.setExecutor(Executors.newFixedThreadPool(8));
    server.createContext("/verifications", exchange -> {
      Answer answer;
      try {
        answer = route(exchange);
      } catch (ClientException error) {
        answer = refused(String.valueOf(error.getErrCode()), error.getRequestId());
      }
      byte[] content = GSON.toJson(answer.body()).getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("content-type", "application/json");
      exchange.sendResponseHeaders(answer.status(), content.length);
      exchange.getResponseBody().write(content);
      exchange.close();
    });
    server.start();
    System.out.println("Listening on http://127.0.0.1:" + server.getAddress().getPort());
  }

  static Answer route(HttpExchange exchange) throws IOException, ClientException {
    // The signed-in user. A real backend takes it from the session.
    String userId = exchange.getRequestHeaders().getFirst("x-user-id");
    String path = exchange.getRequestURI().getPath();
    if (exchange.getRequestMethod().equals("POST")) {
      String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      Person person = person(body);
      if (person == null) return new Answer(400, Map.of("message", "请求缺少 certName、certNo 或 metaInfo"));
      return start(userId, person);
    }
    return result(userId, path.substring(path.lastIndexOf('/') + 1));
  }

  static String setting(String name, String otherwise) {
    String value = System.getenv(name);
    return value == null ? otherwise : value;
  }
}
