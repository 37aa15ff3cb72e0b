require("tidegate.headers").run()
