import com.aliyun.tea.TeaException;
import com.aliyun.tea.TeaModel;
import com.aliyun.teaopenapi.models.Config;
import com.aliyun.teaopenapi.models.GlobalParameters;
import com.aliyun.teaopenapi.models.OpenApiRequest;
import com.aliyun.teaopenapi.models.Params;
import com.aliyun.teautil.models.RuntimeOptions;
import com.aliyuncs.AcsRequest;
import com.aliyuncs.AcsResponse;
import com.aliyuncs.DefaultAcsClient;
import com.aliyuncs.auth.ISignatureComposer;
import com.aliyuncs.auth.RpcSignatureComposer;
import com.aliyuncs.auth.Signer;
import com.aliyuncs.cloudauth.model.v20190307.DescribeFaceVerifyRequest;
import com.aliyuncs.cloudauth.model.v20190307.InitFaceVerifyRequest;
import com.aliyuncs.exceptions.ClientException;
import com.aliyuncs.http.FormatType;
import com.aliyuncs.http.HttpClientConfig;
import com.aliyuncs.http.MethodType;
import com.aliyuncs.profile.DefaultProfile;
import com.google.gson.Gson;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;

/**
 * Alibaba Cloud's Java SDKs as clients: one JSON request per input line, one JSON response per output line. The same
 * messages as client.py's.
 *
 * <p>Argument: {@code sdk} (aliyun-java-sdk-core with aliyun-java-sdk-cloudauth, used as Alibaba Cloud's page shows
 * it), {@code openapi} (com.aliyun:cloudauth20190307), or {@code callApi} (com.aliyun:tea-openapi, called as newer
 * versions of cloudauth20190307 call it: ACS3, or RPC 1.0 with algorithm "v2").
 */
public class Client {
  static final int PATIENCE_MILLIS = 60_000;

  static class Asked {
    String endpoint, accessKeyId, accessKeySecret, securityToken, action, nonce, algorithm;
    Map<String, String> parameters;
  }

  interface Sdk {
    Map<String, Object> answer(Asked asked) throws Exception;
  }

  public static void main(String[] arguments) throws Exception {
    Sdk sdk = Map.<String, Sdk>of("sdk", Client::oldSdk, "openapi", Client::openApi, "callApi", Client::callApi)
        .get(arguments[0]);
    Gson gson = new Gson();
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    for (String line; (line = in.readLine()) != null; ) {
      out.println(gson.toJson(sdk.answer(gson.fromJson(line, Asked.class))));
    }
  }

  // Old SDK.

  static Map<String, Object> oldSdk(Asked asked) throws Exception {
    DefaultProfile profile = asked.securityToken == null
        ? DefaultProfile.getProfile("cn-hangzhou", asked.accessKeyId, asked.accessKeySecret)
        : DefaultProfile.getProfile("cn-hangzhou", asked.accessKeyId, asked.accessKeySecret, asked.securityToken);
    HttpClientConfig patient = HttpClientConfig.getDefault();
    patient.setReadTimeoutMillis(PATIENCE_MILLIS);
    profile.setHttpClientConfig(patient);
    DefaultAcsClient client = new DefaultAcsClient(profile);
    try {
      AcsResponse response = asked.action.equals("InitFaceVerify")
          ? client.getAcsResponse(prepared(new InitFaceVerifyRequest(), asked))
          : client.getAcsResponse(prepared(new DescribeFaceVerifyRequest(), asked));
      return Map.of("returned", asOnTheWire(response));
    } catch (ClientException error) {
      return Map.of("threw", Map.of("code", error.getErrCode(), "message", error.getErrMsg()));
    } finally {
      client.shutdown();
    }
  }

  static <T extends AcsRequest<?>> T prepared(T request, Asked asked) throws Exception {
    request.setSysEndpoint(asked.endpoint);
    for (Map.Entry<String, String> parameter : asked.parameters.entrySet()) {
      for (Method setter : request.getClass().getMethods()) {
        if (!setter.getName().equals("set" + parameter.getKey())) continue;
        boolean number = setter.getParameterTypes()[0] == Long.class;
        setter.invoke(request, number ? (Object) Long.valueOf(parameter.getValue()) : parameter.getValue());
      }
    }
    if (asked.nonce != null) {
      // The SDK has no option for it.
      Field composer = AcsRequest.class.getDeclaredField("composer");
      composer.setAccessible(true);
      composer.set(request, repeating(asked.nonce));
    }
    return request;
  }

  static ISignatureComposer repeating(String nonce) {
    ISignatureComposer own = RpcSignatureComposer.getComposer();
    return new ISignatureComposer() {
      @Override
      public Map<String, String> refreshSignParameters(
          Map<String, String> parameters, Signer signer, String accessKeyId, FormatType format) {
        Map<String, String> all = own.refreshSignParameters(parameters, signer, accessKeyId, format);
        all.put("SignatureNonce", nonce);
        return all;
      }

      @Override
      public String composeStringToSign(
          MethodType method,
          String uriPattern,
          Signer signer,
          Map<String, String> queries,
          Map<String, String> headers,
          Map<String, String> paths) {
        return own.composeStringToSign(method, uriPattern, signer, queries, headers, paths);
      }
    };
  }

  /** What the SDK's typed response says, under the names on the wire. */
  static Map<String, Object> asOnTheWire(Object response) throws Exception {
    Map<String, Object> members = new LinkedHashMap<>();
    for (Method getter : response.getClass().getDeclaredMethods()) {
      if (!getter.getName().startsWith("get") || getter.getParameterCount() > 0) continue;
      Object value = getter.invoke(response);
      if (value == null) continue;
      members.put(getter.getName().substring(3), value instanceof String ? value : asOnTheWire(value));
    }
    members.remove("Instance");
    return members;
  }

  // New SDK.

  /** Where a parameter goes by the API's metadata; all others go into the query. */
  static final Set<String> IN_FORM = Set.of("Model", "Crop", "AuthId", "FaceContrastPicture");

  static Config config(Asked asked) {
    return new Config()
        .setAccessKeyId(asked.accessKeyId)
        .setAccessKeySecret(asked.accessKeySecret)
        .setSecurityToken(asked.securityToken)
        .setType(asked.securityToken == null ? "access_key" : "sts")
        .setSignatureAlgorithm(asked.algorithm)
        .setEndpoint(asked.endpoint)
        .setProtocol("http")
        .setConnectTimeout(PATIENCE_MILLIS)
        .setReadTimeout(PATIENCE_MILLIS);
  }

  static Map<String, Object> openApi(Asked asked) throws Exception {
    Config config = config(asked);
    if (asked.nonce != null) {
      config.setGlobalParameters(new GlobalParameters().setQueries(Map.of("SignatureNonce", asked.nonce)));
    }
    com.aliyun.cloudauth20190307.Client client = new com.aliyun.cloudauth20190307.Client(config);
    RuntimeOptions options = new RuntimeOptions();
    return reported(() -> asked.action.equals("InitFaceVerify")
        ? client
            .initFaceVerifyWithOptions(
                TeaModel.toModel(typed(asked), new com.aliyun.cloudauth20190307.models.InitFaceVerifyRequest()), options)
            .body.toMap()
        : client
            .describeFaceVerifyWithOptions(
                TeaModel.toModel(typed(asked), new com.aliyun.cloudauth20190307.models.DescribeFaceVerifyRequest()),
                options)
            .body.toMap());
  }

  static Map<String, Object> typed(Asked asked) {
    Map<String, Object> parameters = new LinkedHashMap<>(asked.parameters);
    parameters.replace("SceneId", Long.valueOf(asked.parameters.get("SceneId")));
    return parameters;
  }

  static Map<String, Object> callApi(Asked asked) throws Exception {
    com.aliyun.teaopenapi.Client client = new com.aliyun.teaopenapi.Client(config(asked));
    Params params = new Params()
        .setAction(asked.action)
        .setVersion("2019-03-07")
        .setProtocol("HTTPS")
        .setPathname("/")
        .setMethod("POST")
        .setAuthType("AK")
        .setStyle("RPC")
        .setReqBodyType("formData")
        .setBodyType("json");
    Map<String, String> query = new LinkedHashMap<>(asked.parameters);
    query.keySet().removeAll(IN_FORM);
    Map<String, String> form = new LinkedHashMap<>(asked.parameters);
    form.keySet().retainAll(IN_FORM);
    Map<String, String> headers = new LinkedHashMap<>();
    if (asked.nonce != null) {
      headers.put("x-acs-signature-nonce", asked.nonce);
      if ("v2".equals(asked.algorithm)) query.put("SignatureNonce", asked.nonce);
    }
    OpenApiRequest request = new OpenApiRequest().setQuery(query).setHeaders(headers);
    if (!form.isEmpty()) request.setBody(form);
    return reported(() -> client.callApi(params, request, new RuntimeOptions()).get("body"));
  }

  static Map<String, Object> reported(Callable<Object> call) throws Exception {
    try {
      return Map.of("returned", call.call());
    } catch (TeaException error) {
      Map<String, Object> threw = new LinkedHashMap<>();
      threw.put("code", error.getCode());
      threw.put("message", error.getMessage());
      threw.put("status", error.getStatusCode());
      return Map.of("threw", threw);
    }
  }
}
