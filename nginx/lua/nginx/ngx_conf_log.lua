package.loaded["tidegate.balancer"].log()
