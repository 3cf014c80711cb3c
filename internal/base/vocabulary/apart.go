package vocabulary

import "strings"

// Apart splits a name in CamelCase into its words: TransferInitiated is "Transfer initiated", SLAEvaluationBreached "SLA
// evaluation breached". Anything else stays as it is. Folded, the words are the name again.
func Apart(name string) string {
	if name == "" || !isUpper(name[0]) {
		return name
	}
	var words []string
	start := 0
	for i := range len(name) {
		switch ch := name[i]; {
		case !isUpper(ch) && !isLower(ch) && (ch < '0' || ch > '9'):
			return name
		case i > start && isUpper(ch) && (!isUpper(name[i-1]) || i+1 < len(name) && isLower(name[i+1])):
			words, start = append(words, name[start:i]), i
		}
	}
	words = append(words, name[start:])
	for i, w := range words {
		switch {
		case acronyms[w]:
			words[i] = strings.ToUpper(w)
		case i > 0 && (len(w) == 1 || !isUpper(w[1])):
			words[i] = strings.ToLower(w)
		}
	}
	return strings.Join(words, " ")
}

// acronyms are the words of Dixa's names that people write in capitals.
var acronyms = map[string]bool{"Csat": true, "Ip": true, "Nps": true, "Sla": true, "Sms": true}

func isUpper(ch byte) bool { return 'A' <= ch && ch <= 'Z' }

func isLower(ch byte) bool { return 'a' <= ch && ch <= 'z' }
