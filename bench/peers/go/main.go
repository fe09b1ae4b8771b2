// A JWKS and signing server as one writes it with Go's standard library: no authentication, policy or audit.
// main <address> <directory with cert.pem and key.pem> <file with the JWK Set> <file with its headers> <alg>=<key file>...
package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"
	"time"
)

var hashes = map[string]crypto.Hash{"RS256": crypto.SHA256, "RS384": crypto.SHA384, "ES256": crypto.SHA256}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func sign(alg string, key any, input string) ([]byte, error) {
	hash := hashes[alg].New()
	hash.Write([]byte(input))
	digest := hash.Sum(nil)
	if private, ok := key.(*rsa.PrivateKey); ok {
		return rsa.SignPKCS1v15(rand.Reader, private, hashes[alg], digest)
	}
	r, s, err := ecdsa.Sign(rand.Reader, key.(*ecdsa.PrivateKey), digest)
	if err != nil {
		return nil, err
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return signature, nil
}

func encode(value any) string {
	return base64.RawURLEncoding.EncodeToString(must(json.Marshal(value)))
}

func serveToken(alg string, key any) http.HandlerFunc {
	header := encode(map[string]string{"alg": alg, "typ": "JWT"})
	return func(response http.ResponseWriter, request *http.Request) {
		var body struct{ Claims map[string]any }
		if err := json.NewDecoder(http.MaxBytesReader(response, request.Body, 1<<20)).Decode(&body); err != nil || body.Claims == nil {
			http.Error(response, "claims are missing", http.StatusBadRequest)
			return
		}
		id := make([]byte, 16)
		must(rand.Read(id))
		now := time.Now().Unix()
		body.Claims["iat"], body.Claims["exp"], body.Claims["jti"] = now, now+300, hex.EncodeToString(id)
		input := header + "." + encode(body.Claims)
		signature, err := sign(alg, key, input)
		if err != nil {
			http.Error(response, "not signed", http.StatusInternalServerError)
			return
		}
		response.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(response, `{"token":"%s.%s"}`, input, base64.RawURLEncoding.EncodeToString(signature))
	}
}

func main() {
	address, tls := os.Args[1], os.Args[2]
	jwks := must(os.ReadFile(os.Args[3]))
	var headers map[string]string
	if err := json.Unmarshal(must(os.ReadFile(os.Args[4])), &headers); err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/.well-known/jwks.json", func(response http.ResponseWriter, request *http.Request) {
		for name, value := range headers {
			response.Header().Set(name, value)
		}
		response.Write(jwks)
	})
	for _, argument := range os.Args[5:] {
		alg, file, _ := strings.Cut(argument, "=")
		block, _ := pem.Decode(must(os.ReadFile(file)))
		http.HandleFunc("/sign/"+alg, serveToken(alg, must(x509.ParsePKCS8PrivateKey(block.Bytes))))
	}
	log.Fatal(http.ListenAndServeTLS(address, tls+"/cert.pem", tls+"/key.pem", nil))
}
