require("tidegate.mirror").run()
