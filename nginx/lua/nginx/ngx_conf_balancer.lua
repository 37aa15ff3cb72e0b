require("tidegate.balancer").balance()
