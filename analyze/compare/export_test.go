package compare

// SignedCauses lists the causes that have a row in the table of signs.
func SignedCauses() (out []string) {
	for _, s := range signs {
		out = append(out, s.cause)
	}
	return out
}
