package telemetry

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	sdk "go.opentelemetry.io/otel/sdk/trace"

	"dixa-mcp/internal/base/pause"
)

// The exporter is our own: OpenTelemetry's brings gRPC along, also where it speaks HTTP, which makes every start slower.

const (
	otlpTimeout  = 10 * time.Second // of one export, with its repetitions, where the environment says nothing
	otlpAttempts = 3
	otlpPause    = time.Second // after the first attempt; then twice as long
)

// endpoint is where traces go, and with what.
type endpoint struct {
	url     string
	headers http.Header
	timeout time.Duration
}

// endpointOf reads the environment as OpenTelemetry defines it; nil where it names no endpoint. No value is part of an
// error: headers hold credentials.
func endpointOf(getenv func(string) string) (*endpoint, error) {
	const general, own = "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
	of := func(what string) string {
		return cmp.Or(getenv("OTEL_EXPORTER_OTLP_TRACES_"+what), getenv("OTEL_EXPORTER_OTLP_"+what))
	}
	address, name := getenv(own), own
	if address == "" && getenv(general) != "" {
		address, name = strings.TrimRight(getenv(general), "/")+"/v1/traces", general
	}
	if address == "" || strings.EqualFold(getenv("OTEL_SDK_DISABLED"), "true") || getenv("OTEL_TRACES_EXPORTER") == "none" {
		return nil, nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%s must be an address that begins with http:// or https://", name)
	}
	if of("PROTOCOL") == "grpc" {
		return nil, errors.New("OTEL_EXPORTER_OTLP_PROTOCOL is grpc, which dixa-mcp does not speak: use http/json and the collector's port for HTTP, usually 4318")
	}
	e := &endpoint{url: u.String(), headers: http.Header{}, timeout: otlpTimeout}
	for pair := range strings.SplitSeq(of("HEADERS"), ",") {
		key, value, ok := strings.Cut(pair, "=")
		key = strings.TrimSpace(key)
		value, err := url.PathUnescape(strings.TrimSpace(value))
		if strings.TrimSpace(pair) == "" {
			continue
		}
		if !ok || key == "" || err != nil {
			return nil, errors.New("OTEL_EXPORTER_OTLP_HEADERS must be key=value, with commas between several")
		}
		e.headers.Set(key, value)
	}
	e.headers.Set("Content-Type", "application/json")
	if text := of("TIMEOUT"); text != "" {
		ms, err := strconv.Atoi(text)
		if err != nil || ms <= 0 {
			return nil, errors.New("OTEL_EXPORTER_OTLP_TIMEOUT must be a number of milliseconds above 0")
		}
		e.timeout = time.Duration(ms) * time.Millisecond
	}
	return e, nil
}

// exporter posts spans as OTLP in JSON. That spans were lost is said in the log, once for each time that it begins.
type exporter struct {
	*endpoint
	client *http.Client
	log    *slog.Logger
	losing bool // exports come one after the other
}

func newExporter(e *endpoint, log *slog.Logger) *exporter {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	return &exporter{endpoint: e, log: log, client: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // the headers must not travel along
	}}
}

// ExportSpans implements [sdk.SpanExporter].
func (e *exporter) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	if len(spans) == 0 {
		return nil
	}
	body, err := json.Marshal(encode(spans))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	err = e.send(ctx, body)
	if err != nil && !e.losing {
		e.log.Warn("traces are being lost: the collector does not accept them", "spans", len(spans), "error", err)
	}
	if err == nil && e.losing {
		e.log.Info("the collector accepts traces again")
	}
	e.losing = err != nil
	return nil // it was said; the library would say it again, past the log
}

// send posts until it is taken, or refused for good.
func (e *exporter) send(ctx context.Context, body []byte) error {
	for attempt := range otlpAttempts {
		again, err := e.post(ctx, body)
		if err == nil || !again || attempt == otlpAttempts-1 {
			return err
		}
		if pause.For(ctx, otlpPause<<attempt) != nil {
			return err
		}
	}
	return nil
}

func (e *exporter) post(ctx context.Context, body []byte) (again bool, _ error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url, bytes.NewReader(body))
	if err != nil {
		return false, err
	}
	req.Header = e.headers.Clone()
	res, err := e.client.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err // without the address, which may hold a credential
		}
		return ctx.Err() == nil, err
	}
	defer res.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(res.Body, 64<<10)) // also so that the connection can be used again
	switch res.StatusCode {
	case http.StatusOK:
		return false, partly(said)
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true, fmt.Errorf("it answered %d", res.StatusCode)
	}
	return false, fmt.Errorf("it answered %d", res.StatusCode)
}

// partly returns an error if a collector rejected some of the spans.
func partly(body []byte) error {
	var answer struct {
		PartialSuccess struct {
			RejectedSpans json.Number `json:"rejectedSpans"`
		} `json:"partialSuccess"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return nil // taken, whatever it says
	}
	if n := answer.PartialSuccess.RejectedSpans; n != "" && n != "0" {
		return fmt.Errorf("it did not take %s of the spans", n)
	}
	return nil
}

// Shutdown implements [sdk.SpanExporter].
func (e *exporter) Shutdown(context.Context) error {
	e.client.CloseIdleConnections()
	return nil
}
