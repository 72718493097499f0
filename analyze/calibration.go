package analyze

// calibration is written by `go run ./fixtures/evaluate -calibrate analyze/calibration.go -seeds 4 -first 101`:
// how often verdicts with a score were right, on the families of fixtures/sim that are not held out.
var calibration = [...]calibrationRow{
	{"info", "incident", []knot{ // 85 verdicts
		{0.57, 0.618}, {0.652, 0.721}, {0.746, 0.796}, {0.931, 0.902}}, []causeShift{{"connection-leak", -0.57}, {"retry-storm", 0.68}, {"output-buffer-loop", 0.35}, {"oversized-pool", -0.13}, {"connection-churn", 0.36}, {"blocking-commands", 0.44}, {"fd-limit", 0.36}, {"internal-connections", 0.45}, {"deploy-overlap", 0.76}, {"autoscaling-spiral", 0.46}, {"auth-failure-loop", 0.45}, {"reconnect-wave", 0.44}, {"server-stall", 0.44}}},
	{"info", "healthy", []knot{ // 90 verdicts
		{0.697, 0.627}, {0.814, 0.724}, {0.97, 0.779}}, []causeShift{}},
	{"info", "undetermined", []knot{ // 9 verdicts
		{0, 0.02}}, []causeShift{}},
	{"rows", "incident", []knot{ // 50 verdicts
		{0.5, 0.556}, {0.661, 0.699}, {0.876, 0.89}, {0.98, 0.99}}, []causeShift{{"connection-leak", 1.29}, {"output-buffer-loop", 0.92}, {"blocking-commands", 0.41}, {"internal-connections", 0.7}, {"zombie-connections", 0.41}, {"deploy-overlap", 0.23}}},
	{"rows", "undetermined", []knot{ // 134 verdicts
		{0, 0.02}, {0.267, 0.237}}, []causeShift{}},
	{"address", "incident", []knot{ // 115 verdicts
		{0.5, 0.556}, {0.674, 0.672}, {0.947, 0.95}}, []causeShift{{"connection-leak", -0.92}, {"retry-storm", 0.72}, {"output-buffer-loop", 0.95}, {"oversized-pool", -0.57}, {"connection-churn", 0.72}, {"app-pool-exhaustion", 0.42}, {"blocking-commands", 0.42}, {"slow-commands", 0.42}, {"maxclients-too-low", 0.49}, {"fd-limit", 0.45}, {"internal-connections", 0.72}, {"deploy-overlap", 0.78}, {"autoscaling-spiral", 0.46}, {"auth-failure-loop", 0.44}, {"idle-cut", 0.46}, {"reconnect-wave", 0.42}, {"server-stall", 0.42}}},
	{"address", "healthy", []knot{ // 66 verdicts
		{0.753, 0.669}, {0.969, 0.969}}, []causeShift{}},
	{"address", "undetermined", []knot{ // 3 verdicts
		{0, 0.02}}, []causeShift{}},
	{"list", "incident", []knot{ // 107 verdicts
		{0.5, 0.556}, {0.885, 0.956}, {0.979, 0.979}}, []causeShift{{"connection-leak", 1.28}, {"retry-storm", -1.19}, {"output-buffer-loop", 0.93}, {"oversized-pool", 0.7}, {"connection-churn", 0.7}, {"blocking-commands", 0.41}, {"maxclients-too-low", -1.5}, {"fd-limit", 0.33}, {"internal-connections", 0.71}, {"serverless-fanout", 0.33}, {"zombie-connections", 0.41}, {"deploy-overlap", 0.71}, {"autoscaling-spiral", 0.32}, {"auth-failure-loop", 0.42}, {"reconnect-wave", 0.41}, {"server-stall", 0.41}}},
	{"list", "healthy", []knot{ // 76 verdicts
		{0.7, 0.729}, {0.97, 0.881}}, []causeShift{}},
	{"list", "undetermined", []knot{ // 1 verdicts
		{0, 0.02}}, []causeShift{}},
	{"full", "incident", []knot{ // 476 verdicts
		{0.5, 0.59}, {0.885, 0.957}, {0.98, 0.99}}, []causeShift{{"connection-leak", 1.27}, {"retry-storm", -0.72}, {"output-buffer-loop", 0.92}, {"oversized-pool", 0.7}, {"connection-churn", 0.7}, {"app-pool-exhaustion", 0.32}, {"blocking-commands", 0.41}, {"slow-commands", 0.41}, {"maxclients-too-low", 0.41}, {"fd-limit", 0.42}, {"internal-connections", 0.7}, {"serverless-fanout", 0.41}, {"zombie-connections", 0.41}, {"deploy-overlap", 0.71}, {"autoscaling-spiral", 0.39}, {"auth-failure-loop", 0.42}, {"idle-cut", 0.45}, {"reconnect-wave", 0.41}, {"server-stall", 0.41}}},
	{"full", "healthy", []knot{ // 256 verdicts
		{0.97, 0.983}}, []causeShift{}},
	{"full", "undetermined", []knot{ // 4 verdicts
		{0, 0.02}}, []causeShift{}},
}
