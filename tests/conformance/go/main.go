// The vendor's Go SDKs as clients: one JSON request a line in, one JSON answer a line out. The same messages as
// client.py's.
//
// Argument: "sdk" (alibaba-cloud-sdk-go with its cloudauth service: RPC 1.0) or "openapi" (darabonba-openapi, what
// cloudauth-20190307 for Go is generated around: ACS3, or RPC 1.0 with algorithm "v2").
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"reflect"

	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	"github.com/alibabacloud-go/tea/dara"
	"github.com/alibabacloud-go/tea/tea"
	sdkerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/cloudauth"
)

const patienceMillis = 60_000

type asked struct {
	Endpoint, AccessKeyId, AccessKeySecret, SecurityToken string
	Action, Nonce, Algorithm                              string
	Parameters                                            map[string]text
}

// A string, or a number in its digits.
type text string

func (t *text) UnmarshalJSON(raw []byte) error {
	var quoted string
	if json.Unmarshal(raw, &quoted) != nil {
		quoted = string(raw)
	}
	*t = text(quoted)
	return nil
}

type failure struct {
	Code      string `json:"code"`
	Message   string `json:"message"`
	Status    int    `json:"status,omitempty"`
	Recommend string `json:"recommend,omitempty"`
}

type answer struct {
	Returned any      `json:"returned,omitempty"`
	Threw    *failure `json:"threw,omitempty"`
}

func main() {
	call := map[string]func(asked) (any, error){"sdk": callSdk, "openapi": callOpenApi}[os.Args[1]]
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := json.NewEncoder(os.Stdout)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		var request asked
		must(json.Unmarshal(line, &request))
		returned, err := call(request)
		if err != nil {
			must(out.Encode(answer{Threw: describe(err)}))
			continue
		}
		must(out.Encode(answer{Returned: returned}))
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func describe(err error) *failure {
	var server *sdkerrors.ServerError
	if errors.As(err, &server) {
		return &failure{server.ErrorCode(), server.Message(), server.HttpStatus(), server.Recommend()}
	}
	var reported *tea.SDKError
	if errors.As(err, &reported) && reported.Code != nil {
		return &failure{dara.StringValue(reported.Code), dara.StringValue(reported.Message), dara.IntValue(reported.StatusCode), ""}
	}
	panic(err)
}

// Old SDK.

func callSdk(request asked) (any, error) {
	client, err := newSdkClient(request)
	must(err)
	client.Domain = request.Endpoint
	client.SetTransport(repeating{request.Nonce})
	if request.Action == "InitFaceVerify" {
		typed := cloudauth.CreateInitFaceVerifyRequest()
		fill(typed, request.Parameters)
		typed.Scheme = "http"
		return client.InitFaceVerify(typed)
	}
	typed := cloudauth.CreateDescribeFaceVerifyRequest()
	fill(typed, request.Parameters)
	typed.Scheme = "http"
	return client.DescribeFaceVerify(typed)
}

func newSdkClient(request asked) (*cloudauth.Client, error) {
	if request.SecurityToken != "" {
		return cloudauth.NewClientWithStsToken("cn-hangzhou", request.AccessKeyId, request.AccessKeySecret, request.SecurityToken)
	}
	return cloudauth.NewClientWithAccessKey("cn-hangzhou", request.AccessKeyId, request.AccessKeySecret)
}

func fill(request any, parameters map[string]text) {
	fields := reflect.ValueOf(request).Elem()
	for name, value := range parameters {
		field := fields.FieldByName(name)
		if field.Type() == reflect.TypeOf(requests.Integer("")) {
			field.Set(reflect.ValueOf(requests.Integer(value)))
		} else {
			field.SetString(string(value))
		}
	}
}

// A transport that, asked to repeat a nonce, sends the very request again that was first sent with it: the SDK has no
// option for nonces.
type repeating struct{ nonce string }

type sent struct {
	url, contentType string
	body             []byte
}

var first = map[string]sent{}

func (transport repeating) RoundTrip(request *http.Request) (*http.Response, error) {
	if transport.nonce != "" {
		before, again := first[transport.nonce]
		if again {
			repeated, err := http.NewRequest(request.Method, before.url, bytes.NewReader(before.body))
			must(err)
			repeated.Header.Set("content-type", before.contentType)
			return http.DefaultTransport.RoundTrip(repeated)
		}
		var body []byte
		if request.Body != nil {
			body, _ = io.ReadAll(request.Body)
			request.Body = io.NopCloser(bytes.NewReader(body))
		}
		first[transport.nonce] = sent{request.URL.String(), request.Header.Get("content-type"), body}
	}
	return http.DefaultTransport.RoundTrip(request)
}

// New SDK.

var inForm = map[string]bool{"Model": true, "Crop": true, "AuthId": true, "FaceContrastPicture": true}

func callOpenApi(request asked) (any, error) {
	config := &openapi.Config{
		AccessKeyId:     &request.AccessKeyId,
		AccessKeySecret: &request.AccessKeySecret,
		Endpoint:        &request.Endpoint,
		Protocol:        dara.String("HTTP"),
	}
	if request.SecurityToken != "" {
		config.SecurityToken = &request.SecurityToken
	}
	if request.Algorithm != "" {
		config.SignatureAlgorithm = &request.Algorithm
	}
	client, err := openapi.NewClient(config)
	must(err)
	query, form, headers := map[string]*string{}, map[string]any{}, map[string]*string{}
	for name, value := range request.Parameters {
		if inForm[name] {
			form[name] = dara.String(string(value))
		} else {
			query[name] = dara.String(string(value))
		}
	}
	if request.Nonce != "" {
		headers["x-acs-signature-nonce"] = &request.Nonce
		if request.Algorithm == "v2" {
			query["SignatureNonce"] = &request.Nonce
		}
	}
	call := &openapi.OpenApiRequest{Query: query, Headers: headers}
	if len(form) > 0 {
		call.Body = form
	}
	params := &openapi.Params{
		Action:      &request.Action,
		Version:     dara.String("2019-03-07"),
		Protocol:    config.Protocol,
		Pathname:    dara.String("/"),
		Method:      dara.String("POST"),
		AuthType:    dara.String("AK"),
		Style:       dara.String("RPC"),
		ReqBodyType: dara.String("formData"),
		BodyType:    dara.String("json"),
	}
	runtime := &dara.RuntimeOptions{
		ReadTimeout:    dara.Int(patienceMillis),
		ConnectTimeout: dara.Int(patienceMillis),
	}
	result, err := client.CallApi(params, call, runtime)
	if err != nil {
		return nil, err
	}
	return result["body"], nil
}
