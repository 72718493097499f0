package dump

import (
	"regexp"
	"strings"
)

// secretWords are the words behind which a password stands, to the end of the line.
var secretWords = [...]string{"AUTH ", "auth ", "requirepass ", "masterauth ", "IDENTIFIED BY "}

// secretFlags are those behind which it stands as one word.
var secretFlags = [...]string{" -a ", " --pass ", "REDISCLI_AUTH=", "password=", "PASSWORD=", "password: ", "passwd="}

// urlSecret is the password of a URL: redis://user:password@host.
var urlSecret = regexp.MustCompile(`(\w+://[^\s:@/]*:)[^\s@]+@`)

// aclSecret is a password in a line of ACL LIST: #hash or >word.
var aclSecret = regexp.MustCompile(`\s[#><!]\S+`)

// hidePassword takes the passwords out of a shell line, a prompt or prose, which would
// otherwise get into bundles.
func hidePassword(line string) string {
	for _, word := range secretWords {
		if i := strings.Index(line, word); i >= 0 {
			line = line[:i+len(word)] + "***"
		}
	}
	for _, flag := range secretFlags {
		for from := 0; ; {
			i := strings.Index(line[from:], flag)
			if i < 0 {
				break
			}
			i += from + len(flag)
			rest := strings.TrimLeft(line[i:], " ")
			if _, after, ok := strings.Cut(rest, " "); ok {
				line = line[:i] + "*** " + after
			} else {
				line = line[:i] + "***"
			}
			from = i
		}
	}
	if strings.HasPrefix(line, "user ") {
		line = aclSecret.ReplaceAllString(line, " ***")
	}
	if strings.Contains(line, "://") {
		line = urlSecret.ReplaceAllString(line, "$1***@")
	}
	return line
}
