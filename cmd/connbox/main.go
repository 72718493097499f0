// Command connbox records the connections of a Redis and says afterwards what happened to them.
package main

func main() {}
