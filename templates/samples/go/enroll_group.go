// Creates an enrollment group with the settings of your plan. Written by enrollkit; run it against Azure, or against
// "enrollkit emulator start". Needs Go only.
//
//	export DPS_CONNECTION_STRING='HostName=...;SharedAccessKeyName=...;SharedAccessKey=...'
//	go run {{>program}}
//
// The connection string is a secret, so it comes from the environment. For the emulator, "enrollkit emulator env"
// prints it. The service refuses to create a group that exists.
package main

import (
	"crypto/hmac"
	"crypto/sha256"
{{#trust}}
	"crypto/tls"
	"crypto/x509"
{{/trust}}
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

const (
	groupID = {{groupId}}
	group   = {{groupJson}}
)

// token returns a shared access signature for the whole service, valid for an hour.
func token(host, policy, key string) string {
	secret, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		log.Fatal("The key of DPS_CONNECTION_STRING is not base64.")
	}
	resource, expiry := url.QueryEscape(host), fmt.Sprint(time.Now().Add(time.Hour).Unix())
	signer := hmac.New(sha256.New, secret)
	signer.Write([]byte(resource + "\n" + expiry))
	signature := base64.StdEncoding.EncodeToString(signer.Sum(nil))
	return "SharedAccessSignature sr=" + resource + "&sig=" + url.QueryEscape(signature) +
		"&se=" + expiry + "&skn=" + url.QueryEscape(policy)
}

func main() {
	log.SetFlags(0)
	parts := map[string]string{}
	for _, part := range strings.Split(os.Getenv("DPS_CONNECTION_STRING"), ";") {
		if name, value, found := strings.Cut(part, "="); found {
			parts[name] = value
		}
	}
	host := parts["HostName"]
	if host == "" {
		log.Fatal("Set DPS_CONNECTION_STRING to the connection string of your provisioning service.")
	}
	client := &http.Client{Timeout: time.Minute}
{{#trust}}
	root, err := os.ReadFile({{trust}})
	if err != nil {
		log.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(root)
	client.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
{{/trust}}
	address := "https://" + host + "/enrollmentGroups/" + url.PathEscape(groupID) + "?api-version=2021-10-01"
	request, err := http.NewRequest(http.MethodPut, address, strings.NewReader(group))
	if err != nil {
		log.Fatal(err)
	}
	request.Header.Set("content-type", "application/json")
	request.Header.Set("authorization", token(host, parts["SharedAccessKeyName"], parts["SharedAccessKey"]))
	response, err := client.Do(request)
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusOK {
		log.Fatalf("The service refused the group: %s %s", response.Status, text)
	}
	fmt.Println("created", groupID)
}
