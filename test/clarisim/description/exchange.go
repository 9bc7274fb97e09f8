package description

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

var options = &openapi3filter.Options{
	IncludeResponseStatus: true, SkipSettingDefaults: true, RejectWhenRequestBodyNotSpecified: true,
	AuthenticationFunc: func(_ context.Context, input *openapi3filter.AuthenticationInput) error {
		if input.RequestValidationInput.Request.Header.Get("apikey") == "" {
			return errors.New("no apikey")
		}
		return nil
	},
}

// request is what the description has against a request of the plugin.
func request(routes map[sim.Op]*routers.Route, o sim.Observed) error {
	route := routes[o.Op]
	if route == nil {
		return errors.New("no operation of the description")
	}
	in := o.Request.Clone(context.Background())
	in.Body = io.NopCloser(bytes.NewReader(o.Body))
	if err := openapi3filter.ValidateRequest(in.Context(), input(route, in)); err != nil {
		return fmt.Errorf("request: %w", err)
	}
	if in.URL.Query().Has("token") {
		return nil // a link that Clari gave: its parameters are Clari's own
	}
	for name := range in.URL.Query() {
		if route.Operation.Parameters.GetByInAndName("query", name) == nil {
			return fmt.Errorf("request: no parameter %q in the query", name)
		}
	}
	return nil
}

// answer is what the description has against a default answer of the stand-in.
func answer(routes map[sim.Op]*routers.Route, o sim.Observed) error {
	route := routes[o.Op]
	if route == nil || !o.Usual {
		return nil
	}
	set := *options
	set.ExcludeResponseBody = o.Answer == nil // too long to have been kept
	err := openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input(route, o.Request), Status: o.Status, Header: o.Header, Options: &set,
		Body: io.NopCloser(bytes.NewReader(o.Answer)),
	})
	if err != nil {
		return fmt.Errorf("answer %d: %w", o.Status, err)
	}
	return nil
}

// input is a request on its route. The names of the path's parameters and their places are those of the description.
func input(route *routers.Route, r *http.Request) *openapi3filter.RequestValidationInput {
	params := map[string]string{}
	want := strings.Split(route.Path, "/")
	got := strings.Split(r.URL.Path, "/")
	for i := range want {
		if name, ok := strings.CutPrefix(want[i], "{"); ok && len(got) >= len(want) {
			params[strings.TrimSuffix(name, "}")] = got[len(got)-len(want)+i]
		}
	}
	return &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route, Options: options}
}
