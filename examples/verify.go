// Verifies a token of which only the issuer is known (sets.<set>.issuer: true), with go-oidc:
//   go run verify.go https://jwks.example.com/cloud AUDIENCE TOKEN

package main

import (
	"context"
	"fmt"
	"os"

	oidc "github.com/coreos/go-oidc"
)

func main() {
	provider, err := oidc.NewProvider(context.Background(), os.Args[1])
	if err == nil {
		verifier := provider.Verifier(&oidc.Config{ClientID: os.Args[2]})
		var token *oidc.IDToken
		if token, err = verifier.Verify(context.Background(), os.Args[3]); err == nil {
			fmt.Println(token.Subject)
		}
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
