require("tidegate.rewrite").run()
