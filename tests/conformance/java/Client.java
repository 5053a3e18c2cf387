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

/**
 * The vendor's Java SDK as a client, used as the vendor's page shows it: one JSON request a line in, one JSON answer a
 * line out. The same messages as client.py's.
 */
public class Client {
  static class Asked {
    String endpoint, accessKeyId, accessKeySecret, securityToken, action, nonce;
    Map<String, String> parameters;
  }

  public static void main(String[] arguments) throws Exception {
    Gson gson = new Gson();
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    for (String line; (line = in.readLine()) != null; ) {
      out.println(gson.toJson(answer(gson.fromJson(line, Asked.class))));
    }
  }

  static Map<String, Object> answer(Asked asked) throws Exception {
    DefaultProfile profile = asked.securityToken == null
        ? DefaultProfile.getProfile("cn-hangzhou", asked.accessKeyId, asked.accessKeySecret)
        : DefaultProfile.getProfile("cn-hangzhou", asked.accessKeyId, asked.accessKeySecret, asked.securityToken);
    HttpClientConfig patient = HttpClientConfig.getDefault();
    patient.setReadTimeoutMillis(60_000);
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
}
