// peer-gvisor FD MTU: gVisor's stack on an inherited TUN, each stream and datagram to a socket of its own. Buffers and
// SACK are as apps that embed it set them.
package main

import (
	"io"
	"log"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/fdbased"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
	"gvisor.dev/gvisor/pkg/waiter"
)

const (
	nic   = 1
	chunk = 64 << 10
	idle  = 10 * time.Second
)

func main() {
	fd, err := strconv.Atoi(os.Args[1])
	must(err)
	mtu, err := strconv.Atoi(os.Args[2])
	must(err)
	must(syscall.SetNonblock(fd, true))
	link, err := fdbased.New(&fdbased.Options{FDs: []int{fd}, MTU: uint32(mtu), RXChecksumOffload: true})
	must(err)
	s := stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol, ipv6.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol, udp.NewProtocol},
	})
	sack := tcpip.TCPSACKEnabled(true)
	s.SetTransportProtocolOption(tcp.ProtocolNumber, &sack)
	moderate := tcpip.TCPModerateReceiveBufferOption(true)
	s.SetTransportProtocolOption(tcp.ProtocolNumber, &moderate)
	receive := tcpip.TCPReceiveBufferSizeRangeOption{Min: 4096, Default: 1 << 20, Max: 8 << 20}
	s.SetTransportProtocolOption(tcp.ProtocolNumber, &receive)
	send := tcpip.TCPSendBufferSizeRangeOption{Min: 4096, Default: 1 << 20, Max: 6 << 20}
	s.SetTransportProtocolOption(tcp.ProtocolNumber, &send)
	if err := s.CreateNIC(nic, link); err != nil {
		log.Fatal(err)
	}
	s.SetPromiscuousMode(nic, true)
	s.SetSpoofing(nic, true)
	s.SetRouteTable([]tcpip.Route{
		{Destination: header.IPv4EmptySubnet, NIC: nic},
		{Destination: header.IPv6EmptySubnet, NIC: nic},
	})
	streams := tcp.NewForwarder(s, 0, 16384, func(r *tcp.ForwarderRequest) { go stream(r) })
	s.SetTransportProtocolHandler(tcp.ProtocolNumber, streams.HandlePacket)
	datagrams := udp.NewForwarder(s, datagram)
	s.SetTransportProtocolHandler(udp.ProtocolNumber, datagrams.HandlePacket)
	select {}
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func far(id stack.TransportEndpointID) string {
	return net.JoinHostPort(id.LocalAddress.String(), strconv.Itoa(int(id.LocalPort)))
}

func stream(r *tcp.ForwarderRequest) {
	out, err := net.Dial("tcp", far(r.ID()))
	if err != nil {
		r.Complete(true)
		return
	}
	defer out.Close()
	var queue waiter.Queue
	endpoint, failed := r.CreateEndpoint(&queue)
	if failed != nil {
		r.Complete(true)
		return
	}
	r.Complete(false)
	in := gonet.NewTCPConn(&queue, endpoint)
	defer in.Close()
	up := make(chan struct{})
	go func() {
		defer close(up)
		relay(out, in)
		_ = out.(*net.TCPConn).CloseWrite()
	}()
	relay(in, out)
	_ = in.CloseWrite()
	<-up
}

// relay hides what both ends could do by themselves: Go would splice where it can, and only there.
func relay(to io.Writer, from io.Reader) {
	_, _ = io.CopyBuffer(struct{ io.Writer }{to}, struct{ io.Reader }{from}, make([]byte, chunk))
}

func datagram(r *udp.ForwarderRequest) bool {
	var queue waiter.Queue
	endpoint, failed := r.CreateEndpoint(&queue)
	if failed != nil {
		return false
	}
	in, id := gonet.NewUDPConn(&queue, endpoint), r.ID()
	go func() {
		defer in.Close()
		out, err := net.Dial("udp", far(id))
		if err != nil {
			return
		}
		defer out.Close()
		go answers(in, out)
		bytes := make([]byte, chunk)
		for {
			_ = in.SetReadDeadline(time.Now().Add(idle))
			n, err := in.Read(bytes)
			if err != nil {
				return
			}
			_, _ = out.Write(bytes[:n])
		}
	}()
	return true
}

func answers(in, out net.Conn) {
	bytes := make([]byte, chunk)
	for {
		n, err := out.Read(bytes)
		if err != nil {
			return
		}
		_, _ = in.Write(bytes[:n])
	}
}
