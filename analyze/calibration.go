package analyze

// calibration is written by `go run ./fixtures/evaluate -calibrate analyze/calibration.go -seeds 4 -first 101`:
// how often verdicts with a score were right, on the families of fixtures/sim that are not held out.
var calibration = [...]calibrationRow{
	{"info", "incident", []knot{ // 112 verdicts
		{0.536, 0.572}, {0.651, 0.655}, {0.743, 0.772}, {0.851, 0.909}, {0.97, 0.93}}, []causeShift{{"connection-leak", -0.84}, {"retry-storm", 0.73}, {"output-buffer-loop", 0.74}, {"oversized-pool", 0.72}, {"connection-churn", -0.3}, {"blocking-commands", 0.43}, {"slow-commands", 0.48}, {"maxclients-too-low", -0.12}, {"fd-limit", 0.34}, {"internal-connections", 0.43}, {"serverless-fanout", 0.24}, {"deploy-overlap", 0.75}, {"autoscaling-spiral", 0.44}, {"auth-failure-loop", 0.43}, {"reconnect-wave", 0.43}, {"server-stall", 0.43}}},
	{"info", "healthy", []knot{ // 81 verdicts
		{0.698, 0.782}, {0.97, 0.853}}, []causeShift{}},
	{"info", "undetermined", []knot{ // 3 verdicts
		{0, 0.02}}, []causeShift{}},
	{"rows", "incident", []knot{ // 54 verdicts
		{0.5, 0.556}, {0.661, 0.699}, {0.88, 0.904}, {0.98, 0.99}}, []causeShift{{"connection-leak", 1.42}, {"output-buffer-loop", 0.92}, {"blocking-commands", 0.41}, {"internal-connections", 0.7}, {"zombie-connections", 0.41}, {"deploy-overlap", 0.23}}},
	{"rows", "undetermined", []knot{ // 142 verdicts
		{0, 0.02}, {0.267, 0.237}, {0.402, 0.357}}, []causeShift{}},
	{"address", "incident", []knot{ // 126 verdicts
		{0.533, 0.66}, {0.674, 0.672}, {0.854, 0.967}, {0.975, 0.968}}, []causeShift{{"connection-leak", -0.75}, {"retry-storm", 0.71}, {"output-buffer-loop", 0.94}, {"oversized-pool", 0.66}, {"connection-churn", 0.71}, {"app-pool-exhaustion", 0.42}, {"blocking-commands", 0.42}, {"slow-commands", 0.71}, {"maxclients-too-low", 0.45}, {"fd-limit", 0.42}, {"internal-connections", 0.71}, {"serverless-fanout", 0.42}, {"deploy-overlap", 0.74}, {"autoscaling-spiral", 0.42}, {"auth-failure-loop", 0.42}, {"idle-cut", 0.45}, {"reconnect-wave", 0.42}, {"server-stall", 0.42}}},
	{"address", "healthy", []knot{ // 68 verdicts
		{0.697, 0.62}, {0.97, 0.99}}, []causeShift{}},
	{"address", "undetermined", []knot{ // 2 verdicts
		{0, 0.02}}, []causeShift{}},
	{"list", "incident", []knot{ // 114 verdicts
		{0.5, 0.556}, {0.874, 0.956}, {0.978, 0.979}}, []causeShift{{"connection-leak", 1.42}, {"retry-storm", -1.2}, {"output-buffer-loop", 0.93}, {"oversized-pool", 0.7}, {"connection-churn", 0.7}, {"blocking-commands", 0.41}, {"slow-commands", 0.43}, {"maxclients-too-low", -1.5}, {"fd-limit", 0.33}, {"internal-connections", 0.71}, {"serverless-fanout", 0.23}, {"zombie-connections", 0.41}, {"deploy-overlap", 0.71}, {"autoscaling-spiral", 0.32}, {"auth-failure-loop", 0.42}, {"reconnect-wave", 0.41}, {"server-stall", 0.41}}},
	{"list", "healthy", []knot{ // 80 verdicts
		{0.7, 0.76}, {0.97, 0.881}}, []causeShift{}},
	{"list", "undetermined", []knot{ // 2 verdicts
		{0, 0.02}}, []causeShift{}},
	{"full", "incident", []knot{ // 508 verdicts
		{0.5, 0.59}, {0.879, 0.964}, {0.98, 0.99}}, []causeShift{{"connection-leak", 1.4}, {"retry-storm", -0.72}, {"output-buffer-loop", 0.92}, {"oversized-pool", 0.7}, {"connection-churn", 0.7}, {"app-pool-exhaustion", 0.32}, {"blocking-commands", 0.41}, {"slow-commands", 0.71}, {"maxclients-too-low", 0.41}, {"fd-limit", 0.42}, {"internal-connections", 0.7}, {"serverless-fanout", 0.41}, {"zombie-connections", 0.41}, {"deploy-overlap", 0.7}, {"autoscaling-spiral", 0.39}, {"auth-failure-loop", 0.42}, {"idle-cut", 0.45}, {"reconnect-wave", 0.41}, {"server-stall", 0.41}}},
	{"full", "healthy", []knot{ // 272 verdicts
		{0.97, 0.984}}, []causeShift{}},
	{"full", "undetermined", []knot{ // 4 verdicts
		{0, 0.02}}, []causeShift{}},
}
