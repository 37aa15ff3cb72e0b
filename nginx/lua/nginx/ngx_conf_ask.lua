require("tidegate.ask").run()
