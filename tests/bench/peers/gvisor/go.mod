module peer

go 1.24

require gvisor.dev/gvisor v0.0.0-20260701204157-69c2d17aea96
