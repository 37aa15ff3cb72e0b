package.loaded["tidegate.balancer"].balance()
