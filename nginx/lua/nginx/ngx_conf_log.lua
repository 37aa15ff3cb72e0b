require("tidegate.balancer").log()
