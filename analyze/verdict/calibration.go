package verdict

// calibration is written by `go run ./fixtures/evaluate -calibrate analyze/verdict/calibration.go -seeds 4 -first 101`:
// how often verdicts with a score were right, on the families of fixtures/sim that are not held out.
var calibration = [...]calibrationRow{
	{"info", "incident", []knot{ // 112 verdicts
		{0.297, 0.264}, {0.534, 0.685}, {0.668, 0.734}, {0.743, 0.772}, {0.849, 0.9}, {0.97, 0.93}}, []causeShift{{"connection-leak", -0.9}, {"retry-storm", 0.73}, {"output-buffer-loop", 0.74}, {"oversized-pool", 0.71}, {"connection-churn", 0.12}, {"blocking-commands", 0.43}, {"slow-commands", 0.47}, {"maxclients-too-low", -0.11}, {"fd-limit", 0.35}, {"internal-connections", 0.43}, {"serverless-fanout", 0.28}, {"deploy-overlap", 0.75}, {"autoscaling-spiral", 0.44}, {"auth-failure-loop", 0.44}, {"reconnect-wave", 0.43}, {"server-stall", 0.43}}},
	{"info", "healthy", []knot{ // 81 verdicts
		{0.698, 0.782}, {0.97, 0.853}}, []causeShift{}},
	{"info", "undetermined", []knot{ // 3 verdicts
		{0, 0.02}}, []causeShift{}},
	{"rows", "incident", []knot{ // 57 verdicts
		{0.5, 0.556}, {0.661, 0.699}, {0.876, 0.89}, {0.98, 0.99}}, []causeShift{{"connection-leak", 1.42}, {"output-buffer-loop", 0.92}, {"blocking-commands", 0.41}, {"internal-connections", 0.7}, {"zombie-connections", 0.41}, {"deploy-overlap", 0.23}, {"idle-cut", 0.32}}},
	{"rows", "undetermined", []knot{ // 139 verdicts
		{0, 0.028}, {0.267, 0.237}, {0.402, 0.357}}, []causeShift{}},
	{"address", "incident", []knot{ // 126 verdicts
		{0.544, 0.643}, {0.667, 0.738}, {0.705, 0.764}, {0.854, 0.967}, {0.976, 0.987}}, []causeShift{{"connection-leak", -0.4}, {"retry-storm", 0.63}, {"output-buffer-loop", 0.92}, {"oversized-pool", 0.65}, {"connection-churn", 0.75}, {"app-pool-exhaustion", 0.41}, {"blocking-commands", 0.41}, {"slow-commands", 0.7}, {"maxclients-too-low", -0.12}, {"fd-limit", 0.41}, {"internal-connections", 0.7}, {"serverless-fanout", 0.44}, {"zombie-connections", 0.28}, {"deploy-overlap", 0.73}, {"autoscaling-spiral", 0.42}, {"auth-failure-loop", 0.41}, {"idle-cut", 0.44}, {"reconnect-wave", 0.41}, {"server-stall", 0.41}}},
	{"address", "healthy", []knot{ // 68 verdicts
		{0.697, 0.62}, {0.97, 0.99}}, []causeShift{}},
	{"address", "undetermined", []knot{ // 2 verdicts
		{0, 0.02}}, []causeShift{}},
	{"list", "incident", []knot{ // 117 verdicts
		{0.5, 0.556}, {0.66, 0.753}, {0.874, 0.954}, {0.978, 0.989}}, []causeShift{{"connection-leak", 1.41}, {"retry-storm", 0.7}, {"output-buffer-loop", 0.92}, {"oversized-pool", 0.7}, {"connection-churn", 0.75}, {"blocking-commands", 0.41}, {"slow-commands", 0.43}, {"maxclients-too-low", -1.5}, {"fd-limit", 0.33}, {"internal-connections", 0.7}, {"serverless-fanout", 0.23}, {"zombie-connections", 0.41}, {"deploy-overlap", 0.71}, {"autoscaling-spiral", 0.41}, {"auth-failure-loop", 0.42}, {"idle-cut", 0.32}, {"reconnect-wave", 0.41}, {"server-stall", 0.41}}},
	{"list", "healthy", []knot{ // 77 verdicts
		{0.7, 0.782}, {0.97, 0.911}}, []causeShift{}},
	{"list", "undetermined", []knot{ // 2 verdicts
		{0, 0.02}}, []causeShift{}},
	{"full", "incident", []knot{ // 508 verdicts
		{0.5, 0.59}, {0.66, 0.753}, {0.879, 0.963}, {0.98, 0.99}}, []causeShift{{"connection-leak", 1.4}, {"retry-storm", -0.72}, {"output-buffer-loop", 0.92}, {"oversized-pool", 0.7}, {"connection-churn", 0.75}, {"app-pool-exhaustion", 0.32}, {"blocking-commands", 0.41}, {"slow-commands", 0.71}, {"maxclients-too-low", 0.41}, {"fd-limit", 0.42}, {"internal-connections", 0.7}, {"serverless-fanout", 0.41}, {"zombie-connections", 0.41}, {"deploy-overlap", 0.7}, {"autoscaling-spiral", 0.39}, {"auth-failure-loop", 0.42}, {"idle-cut", 0.45}, {"reconnect-wave", 0.41}, {"server-stall", 0.41}}},
	{"full", "healthy", []knot{ // 272 verdicts
		{0.97, 0.984}}, []causeShift{}},
	{"full", "undetermined", []knot{ // 4 verdicts
		{0, 0.02}}, []causeShift{}},
}
