// SPDX-License-Identifier: Apache-2.0
//
// Go's channels, as a peer of channels.c: prints nanoseconds per item.
//
//	channels_go CAPACITY/PROCESSORS COUNT
package main

import (
	"fmt"
	"os"
	"runtime"
	"time"
)

func main() {
	var capacity, processors, count int
	fmt.Sscanf(os.Args[1], "%d/%d", &capacity, &processors)
	fmt.Sscanf(os.Args[2], "%d", &count)
	runtime.GOMAXPROCS(processors)
	ch := make(chan int64, capacity)
	go func() {
		for i := 0; i < count; i++ {
			ch <- int64(i)
		}
		close(ch)
	}()
	start := time.Now()
	sum := int64(0)
	for v := range ch {
		sum += v
	}
	ns := float64(time.Since(start).Nanoseconds())
	if sum != int64(count)*int64(count-1)/2 {
		os.Exit(1)
	}
	fmt.Println(ns / float64(count))
}
