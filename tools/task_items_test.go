package tools

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The customer is on the other side of the conversation, whoever began it.
func TestCustomerAddress(t *testing.T) {
	for answer, want := range map[string]string{
		`{"data":{"direction":"Inbound","fromEmail":"emma@example.com","toEmail":"billing@email.dixa.io"}}`:  "emma@example.com",
		`{"data":{"fromEmail":"emma@example.com"}}`:                                                          "emma@example.com",
		`{"data":{"direction":"Outbound","fromEmail":"billing@email.dixa.io","toEmail":"emma@example.com"}}`: "emma@example.com",
		`{"data":{"direction":"Outbound","fromNumber":"+4570000000","toNumber":"+4512345678"}}`:              "+4512345678",
		`{"data":{"direction":"Inbound","fromNumber":"+4512345678","toNumber":"+4570000000"}}`:               "+4512345678",
		`{"data":{"direction":"Outbound"}}`:                                                                  "",
		`[]`:                                                                                                 "",
	} {
		require.Equal(t, want, CustomerAddress([]byte(answer)), answer)
	}
}
