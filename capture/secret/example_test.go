package secret_test

import (
	"fmt"

	"github.com/connbox/connbox/capture/secret"
)

func ExamplePlaces_Password() {
	p := secret.Places{URI: "of-the-uri", Getenv: func(string) (string, bool) { return "of-the-environment", true }}
	password, warning, err := p.Password()
	fmt.Println(password, warning == "", err)
	// Output: of-the-uri true <nil>
}
