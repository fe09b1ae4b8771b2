// Calls APIs with an access token that is obtained with a client assertion of jwksd. Standard library only.
// Usage: go run call_api.go https://api.example.com/Patient/1 ...     (environment: see README.md)

package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	timeout     = 10 * time.Second // for each request
	attempts    = 4
	longestWait = 30 * time.Second // where Retry-After asks for more, give up
	margin      = 30 * time.Second // how long before its end an access token is replaced
)

// jwksd has a private authority, and only that vouches for it.
var jwksd, public = &http.Client{Timeout: timeout}, &http.Client{Timeout: timeout}

// A statusError is any answer but 2xx. The body says why.
type statusError struct {
	url, body  string
	status     int
	retryAfter string
}

func (e *statusError) Error() string { return fmt.Sprintf("%s: %d %s", e.url, e.status, e.body) }

func send(client *http.Client, method, target, body string, headers map[string]string) ([]byte, error) {
	request, err := http.NewRequest(method, target, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	answer, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode/100 != 2 {
		err = &statusError{target, string(text), answer.StatusCode, answer.Header.Get("Retry-After")}
	}
	return text, err
}

// withRetry repeats what was answered by 429 or 503, after the time that the server asks for. Other errors are final.
func withRetry(action func() ([]byte, error)) ([]byte, error) {
	for attempt := 1; ; attempt++ {
		text, err := action()
		var refused *statusError
		if !errors.As(err, &refused) || refused.status != 429 && refused.status != 503 || attempt == attempts {
			return text, err
		}
		seconds, parseErr := strconv.Atoi(refused.retryAfter)
		if parseErr != nil {
			seconds = attempt
		}
		wait := time.Duration(seconds) * time.Second
		if wait > longestWait {
			return nil, err
		}
		time.Sleep(wait)
	}
}

// sign returns the client assertion for the profile.
func sign() (string, error) {
	// Read for each request: a mounted secret changes in place.
	apiKey, err := os.ReadFile(os.Getenv("JWKSD_API_KEY_FILE"))
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(map[string]string{"profile": os.Getenv("JWKSD_PROFILE")})
	if err != nil {
		return "", err
	}
	assertion, err := send(jwksd, "POST", os.Getenv("JWKSD_SIGN_URL"), string(body), map[string]string{
		"Authorization": "Bearer " + strings.TrimSpace(string(apiKey)),
		"Content-Type":  "application/json",
		"Accept":        "application/jwt",
	})
	return string(assertion), err
}

// requestAccessToken follows RFC 7523 section 2.2. An assertion can be used once: each attempt signs a new one.
func requestAccessToken() ([]byte, error) {
	assertion, err := sign()
	if err != nil {
		return nil, err
	}
	form := url.Values{
		"grant_type":            {"client_credentials"},
		"scope":                 {os.Getenv("SCOPE")},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
		"client_assertion":      {assertion},
	}
	return send(public, "POST", os.Getenv("TOKEN_ENDPOINT"), form.Encode(), map[string]string{
		"Content-Type": "application/x-www-form-urlencoded",
	})
}

// An accessToken is kept until shortly before its end.
type accessToken struct {
	mutex   sync.Mutex
	value   string
	renewAt time.Time
}

func (t *accessToken) get() (string, error) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if time.Now().Before(t.renewAt) {
		return t.value, nil
	}
	askedAt := time.Now()
	text, err := withRetry(requestAccessToken)
	if err != nil {
		return "", err
	}
	var answer struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int    `json:"expires_in"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return "", err
	}
	t.value, t.renewAt = answer.AccessToken, askedAt.Add(time.Duration(answer.ExpiresIn)*time.Second-margin)
	return t.value, nil
}

func run() error {
	pem, err := os.ReadFile(os.Getenv("JWKSD_CA"))
	if err != nil {
		return err
	}
	authorities := x509.NewCertPool()
	authorities.AppendCertsFromPEM(pem)
	jwksd.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: authorities}}
	token := &accessToken{}
	for _, target := range os.Args[1:] {
		value, err := token.get()
		if err != nil {
			return err
		}
		text, err := withRetry(func() ([]byte, error) {
			return send(public, "GET", target, "", map[string]string{"Authorization": "Bearer " + value})
		})
		if err != nil {
			return err
		}
		fmt.Println(string(text))
	}
	return nil
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}
