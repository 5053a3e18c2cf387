// Alibaba Cloud's Go SDKs as clients: one JSON request per input line, one JSON response per output line. The same messages as
// client.py's.
//
// Argument: "sdk" (alibaba-cloud-sdk-go with its cloudauth service: RPC 1.0) or "openapi" (cloudauth-20190307: ACS3, or
// RPC 1.0 with algorithm "v2").
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

	v3 "github.com/alibabacloud-go/cloudauth-20190307/v3/client"
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

func callOpenApi(request asked) (any, error) {
	config := &openapi.Config{
		AccessKeyId:     &request.AccessKeyId,
		AccessKeySecret: &request.AccessKeySecret,
		Endpoint:        &request.Endpoint,
		Protocol:        dara.String("HTTP"),
		ConnectTimeout:  dara.Int(patienceMillis),
		ReadTimeout:     dara.Int(patienceMillis),
	}
	if request.SecurityToken != "" {
		config.SecurityToken = &request.SecurityToken
	}
	if request.Algorithm != "" {
		config.SignatureAlgorithm = &request.Algorithm
	}
	if request.Nonce != "" {
		forced := &openapi.GlobalParameters{Headers: map[string]*string{"x-acs-signature-nonce": &request.Nonce}}
		if request.Algorithm == "v2" {
			forced.Queries = map[string]*string{"SignatureNonce": &request.Nonce}
		}
		config.GlobalParameters = forced
	}
	client, err := v3.NewClient(config)
	must(err)
	if request.Action == "InitFaceVerify" {
		typed := &v3.InitFaceVerifyRequest{}
		fillTyped(typed, request.Parameters)
		result, err := client.InitFaceVerify(typed)
		if err != nil {
			return nil, err
		}
		return result.Body, nil
	}
	typed := &v3.DescribeFaceVerifyRequest{}
	fillTyped(typed, request.Parameters)
	result, err := client.DescribeFaceVerify(typed)
	if err != nil {
		return nil, err
	}
	return result.Body, nil
}

func fillTyped(request any, parameters map[string]text) {
	members := map[string]any{}
	for name, value := range parameters {
		if name == "SceneId" {
			members[name] = json.Number(value)
		} else {
			members[name] = value
		}
	}
	written, err := json.Marshal(members)
	must(err)
	must(json.Unmarshal(written, request))
}
