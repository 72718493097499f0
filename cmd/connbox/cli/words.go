package cli

import "regexp"

// insides are what Go's library says of how it failed, which tells people nothing that the message
// does not say already: the system call, the parser, the addresses of both ends. Each stands at the
// beginning of the message or behind a colon: a file may be called zip.
var insides = [...]struct {
	from *regexp.Regexp
	to   string
}{
	{regexp.MustCompile(`(^|: )dial (?:tcp|udp|unix)[46]? ?\S*: `), "$1"},
	{regexp.MustCompile(`(^|: )lookup \S+ on \S+: `), "$1"},
	{regexp.MustCompile(`(^|: )lookup \S+: `), "$1"},
	{regexp.MustCompile(`(^|: )(?:read|write) (?:tcp|unix)[46]? \S+->\S+: (?:read|write): `), "$1"},
	{regexp.MustCompile(`(^|: )(?:open|stat|lstat|mkdir|rename|remove|unlinkat) (\S+): `), "$1$2: "},
	{regexp.MustCompile(`(^|: )(?:connect|accept|getsockopt|fsync|openat): `), "$1"},
	{regexp.MustCompile(`(^|: )strconv\.\w+: parsing `), "$1"},
	{regexp.MustCompile(`(^|: )(?:zip|gzip|zstd|flate|json|parquet|x509): `), "$1"},
	{regexp.MustCompile(`\bunexpected EOF$`), "it ends too early"},
}

// plainWords takes Go's insides out of an error.
func plainWords(msg string) string {
	for _, in := range insides {
		msg = in.from.ReplaceAllString(msg, in.to)
	}
	return msg
}

// Fault tells an error on standard error.
func (a *App) Fault(err error) {
	if msg := err.Error(); msg != "" {
		a.Say("%s", plainWords(msg))
	}
}
