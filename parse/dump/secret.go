package dump

import "regexp"

// secrets are the places of passwords in a shell line, a prompt or prose, behind what stays: to
// the line's end, as a word, in a URL (redis://user:password@host), in a line of ACL LIST.
var secrets = [...]*regexp.Regexp{
	regexp.MustCompile(`(?s)(AUTH |auth |requirepass |masterauth |IDENTIFIED BY ).*`),
	regexp.MustCompile(`( -a | --pass |REDISCLI_AUTH=|(?:password|PASSWORD|passwd)=|password: ) *[^ ]*`),
	regexp.MustCompile(`(\w+://[^\s:@/]*:)[^\s@]+`),
	regexp.MustCompile(`(^user .*?\s)[#><!].*`),
}

// hidePassword takes the passwords out of a line, which would otherwise get into bundles.
func hidePassword(line string) string {
	for _, secret := range secrets {
		line = secret.ReplaceAllString(line, "${1}***")
	}
	return line
}
